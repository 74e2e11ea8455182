// The way back to the merchant's page.

import type { Json } from '../shared/wire';

export type Kind = 'payment_intent' | 'setup_intent';
export const GOOD = ['succeeded', 'processing', 'requires_capture'];

/** Where a shopper goes after it: the merchant's own address, and how it stands. */
export function returning(url: string, object: Kind, intent: Json): string {
  const there = new URL(url, location.href);
  const said: Record<string, string> = {
    [object]: String(intent.id), [`${object}_client_secret`]: String(intent.client_secret),
    redirect_status: intent.status === 'processing' ? 'pending' : GOOD.includes(String(intent.status)) ? 'succeeded' : 'failed',
  };
  for (const [name, value] of Object.entries(said)) there.searchParams.set(name, value);
  return there.href;
}
