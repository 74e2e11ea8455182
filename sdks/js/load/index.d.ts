import type { Stripe, StripeConstructorOptions } from '@stripe/stripe-js';

export type * from '@stripe/stripe-js';

export interface LoadOptions extends StripeConstructorOptions {
  /** The vault's address, such as http://js.localhost:8421. */
  baseUrl: string;
  train?: 'v3' | 'acacia' | 'basil' | 'clover' | 'dahlia' | 'endive';
}

/** A Stripe for this key; null where there is no page. Rejects when the script does not load. */
export function loadStripe(key: string, options: LoadOptions): Promise<Stripe | null>;
