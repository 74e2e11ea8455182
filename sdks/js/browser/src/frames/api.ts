// Requests of the controller: cards to the vault, which is this very origin; everything else, without a card, to the API.

import { form } from '../shared/bracket';
import type { Json, StripeError } from '../shared/wire';

export interface Who {
  key: string;
  version?: string;
  account?: string;
}

export interface Answer {
  ok?: any;
  error?: StripeError;
}

export const LOST = 'api_connection_error';

/** An answer of the API, or why there is none. */
export async function ask(who: Who, method: 'GET' | 'POST', url: string, params: object = {}): Promise<Answer> {
  const body = form({ ...params, key: who.key });
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (who.version) headers['Stripe-Version'] = who.version;
  if (who.account) headers['Stripe-Account'] = who.account;
  try {
    const answer = await fetch(method === 'GET' ? `${url}?${body}` : url, { method, headers, cache: 'no-store', credentials: 'omit',
      referrerPolicy: 'no-referrer', ...(method === 'POST' ? { body } : {}) });
    const found = (await answer.json()) as Json;
    return found.error ? { error: found.error as StripeError } : { ok: found };
  } catch {
    return { error: { type: LOST, message: navigator.onLine
      ? 'The payment service could not be reached. Check your connection and try again.'
      : 'You are offline. Check your connection and try again.' } };
  }
}
