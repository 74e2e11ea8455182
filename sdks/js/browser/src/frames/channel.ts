// Among the frames of one group, on the vault's origin: the only way that what was typed takes. A merchant's page is of
// another origin and cannot listen.

import type { Birth, Json, StripeError } from '../shared/wire';

export interface Asked {
  ask: 'collect' | 'validate';
  call: string;
  controller: string;
  key: string;
  elements: string[];
}

export interface Answered {
  answer: string;
  from: string;
  type: string;
  values?: Json;
  error?: StripeError;
}

const PATIENCE_MS = 8_000;

export function channel(birth: Birth): BroadcastChannel {
  return new BroadcastChannel(`farthing:${birth.group}`);
}

/** An element's side: answers its own controller, which works with the very key that the element was opened with. */
export function answering(birth: Birth, line: BroadcastChannel, reply: (asked: Asked) => { values?: Json; error?: StripeError }): void {
  line.addEventListener('message', ({ data }) => {
    const asked = data as Asked;
    if (asked?.ask !== 'collect' && asked?.ask !== 'validate') return;
    if (asked.controller !== birth.controller || asked.key !== birth.key || !asked.elements.includes(birth.id)) return;
    line.postMessage({ answer: asked.call, from: birth.id, type: birth.type, ...reply(asked) } satisfies Answered);
  });
}

/** The controller's side: asks elements and waits for all of them. Null when one does not answer. */
export function asking(birth: Birth, line: BroadcastChannel, ask: Asked['ask'], elements: string[]): Promise<Answered[] | null> {
  return new Promise((resolve) => {
    const call = crypto.randomUUID();
    const found = new Map<string, Answered>();
    const end = (answer: Answered[] | null): void => {
      window.clearTimeout(timer);
      line.removeEventListener('message', heard);
      resolve(answer);
    };
    const heard = ({ data }: MessageEvent): void => {
      const one = data as Answered;
      if (one?.answer !== call || !elements.includes(one.from)) return;
      found.set(one.from, one);
      if (found.size === elements.length) end(elements.map((id) => found.get(id)!));
    };
    const timer = window.setTimeout(() => end(null), PATIENCE_MS);
    line.addEventListener('message', heard);
    if (!elements.length) { end([]); return; }
    line.postMessage({ ask, call, controller: birth.id, key: birth.key, elements } satisfies Asked);
  });
}
