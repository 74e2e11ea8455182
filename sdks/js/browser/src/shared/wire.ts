// What crosses between a merchant's page and a frame of ours: closed lists of messages, with a bound on their size.
// Nothing that looks like a card number, and nothing under the name of a card's field, ever goes out.

export type Json = Record<string, unknown>;

/** From a frame to the page. `ready` is also what the handshake itself sends, with the port. */
export const OUT: Readonly<Record<string, readonly string[]>> = {
  ready: ['id', 'nonce'],
  change: ['empty', 'complete', 'error', 'brand', 'brands', 'value', 'autofilled', 'collapsed'],
  resize: ['height'],
  focus: [],
  blur: [],
  escape: [],
  result: ['call', 'ok', 'error', 'outcome'],
};

/** From the page to a frame. */
export const IN: Readonly<Record<string, readonly string[]>> = {
  init: ['options', 'appearance'],
  update: ['options', 'appearance'],
  focus: [],
  blur: [],
  clear: [],
  call: ['call', 'method', 'params'],
};

export const BYTES_MAX = 64 * 1024;
const SECRET = new Set(['number', 'cardnumber', 'cvc', 'cvv', 'csc', 'securitycode', 'verificationcode', 'pan', 'expiry', 'expdate']);
const RUN = /(?<![A-Za-z0-9_])\d(?:[ \-.]?\d){11,}(?![A-Za-z0-9_])/g;

/** A message of this list and size, or null: then it is dropped without a word. */
export function known(message: unknown, list: typeof OUT): Json | null {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
  const type = (message as Json).type;
  if (typeof type !== 'string' || !Object.prototype.hasOwnProperty.call(list, type)) return null;
  const allowed = list[type]!;
  if (Object.keys(message).some((name) => name !== 'type' && !allowed.includes(name))) return null;
  try {
    return JSON.stringify(message).length <= BYTES_MAX ? (message as Json) : null;
  } catch {
    return null;
  }
}

/** A copy without what must not go out: fields of cards by their names, and digits that may be a card's number. */
export function harmless(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(RUN, '');
  if (typeof value === 'number') return Math.abs(value) < 1e11 ? value : null;
  if (Array.isArray(value)) return value.map(harmless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value)
    .filter(([name]) => !SECRET.has(name.replace(/[^A-Za-z]/g, '').toLowerCase()))
    .map(([name, one]) => [name, harmless(one)]));
}

/** What a frame is told in the fragment of its address. */
export interface Birth {
  id: string;
  parentOrigin: string;
  nonce: string;
  group: string;
  type: string;
  key: string;
  controller: string;
}

/** An error as merchants' pages get it. */
export interface StripeError extends Json {
  type: string;
  message?: string;
  code?: string;
}
