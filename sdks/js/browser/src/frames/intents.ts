// Payments and setups as the controller drives them; nothing here has seen a card.

import type { Json } from '../shared/wire';
import { LOST, ask, type Answer, type Who } from './api';
import { place } from './port';

export type Kind = 'payment_intent' | 'setup_intent';
const DONE = ['succeeded', 'processing', 'requires_capture'];
const LOOKS = 8, PAUSE_MS = 700;

const id = (secret: string): string => encodeURIComponent(secret.split('_secret_')[0]!);
const address = (object: Kind, secret: string): string => `${place.api}/v1/${object}s/${id(secret)}`;

/** The challenge that an intent waits for, of those that this installation shows. */
function waits(intent: Json): string | undefined {
  const action = intent.next_action as { use_stripe_sdk?: { source?: string }; redirect_to_url?: { url?: string } } | null;
  if (intent.status !== 'requires_action' || !action) return undefined;
  const url = action.redirect_to_url?.url ?? '';
  const found = action.use_stripe_sdk?.source ?? (url.startsWith(`${place.pay}/3ds/`) ? url.slice(place.pay.length + 5) : '');
  return /^[A-Za-z0-9_]+$/.test(found) ? found : undefined;
}

function standing({ ok, error }: Answer): Answer {
  return error ? { error } : { ok: { intent: ok, challenge: waits(ok) } };
}

export async function retrieve(who: Who, object: Kind, secret: string): Promise<Answer> {
  return standing(await ask(who, 'GET', address(object, secret), { client_secret: secret }));
}

/** Confirm. An answer that was lost is looked for: what was paid is told as paid. */
export async function confirm(who: Who, object: Kind, secret: string, params: Json): Promise<Answer> {
  const answer = standing(await ask(who, 'POST', `${address(object, secret)}/confirm`, { ...params, client_secret: secret, use_stripe_sdk: true }));
  if (answer.error?.type !== LOST) return answer;
  const now = await retrieve(who, object, secret);
  return now.ok && DONE.includes(now.ok.intent.status) ? now : answer;
}

/** After the bank's check: whoever closed it has given up; how it ended the server learns from the bank. */
export async function settle(who: Who, object: Kind, secret: string, challenge: string, outcome: string): Promise<Answer> {
  if (outcome === 'closed') {
    const url = `${place.pay}/3ds/${encodeURIComponent(challenge)}/abandon`;
    await fetch(url, { method: 'POST', credentials: 'omit', cache: 'no-store' }).catch(() => undefined);
  }
  let now = await retrieve(who, object, secret);
  for (let look = 1; look < LOOKS && outcome === 'finished' && now.ok?.challenge === challenge; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    now = await retrieve(who, object, secret);
  }
  if (outcome === 'closed' && now.ok?.challenge === challenge) {
    return { error: { type: 'card_error', code: `${object}_authentication_failure`, [object]: now.ok.intent,
      message: 'The bank\'s check was not finished, so nothing was charged. Try again, or use another card.' } };
  }
  return now;
}

/** What the page said before there was an intent must be what the intent comes to. */
export async function unexpected(who: Who, object: Kind, secret: string, expected: Json): Promise<Answer | null> {
  const { ok, error } = await ask(who, 'GET', address(object, secret), { client_secret: secret });
  if (error) return { error };
  const wrong = (param: string, said: unknown, is: unknown): Answer => ({ error: { type: 'invalid_request_error', code: 'intent_mismatch', param,
    message: `The ${param} of elements() (${String(said)}) is not that of the intent (${String(is)}), so nothing was charged. Tell elements.update() of every change of the order.` } });
  if ((expected.mode === 'setup') !== (object === 'setup_intent')) return wrong('mode', expected.mode, object);
  if (object === 'setup_intent') return null;
  if (ok.amount !== expected.amount) return wrong('amount', expected.amount, ok.amount);
  if (ok.currency !== String(expected.currency).toLowerCase()) return wrong('currency', expected.currency, ok.currency);
  return null;
}
