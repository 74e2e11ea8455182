// The script that merchants' pages load: window.Stripe.

import trains from '../../../../../vault/trains.json';
import type { Json } from '../shared/wire';
import { must } from './errors';
import { settings } from './settings';
import { Stripe } from './stripe';

function make(key: string, options?: Json): Stripe {
  must(typeof key === 'string' && key.trim(), 'Stripe(): pass your publishable key, such as pk_test_…; it stands in the portal under Developers.');
  must(!/^(sk|rk)_/.test(key), 'Stripe(): this is a secret key. Use your publishable key (pk_…) in the browser, and roll the secret key, since a page has shown it.');
  must(/^pk_(test|live)_/.test(key), 'Stripe(): this is no publishable key. It begins with pk_test_ or pk_live_.');
  return new Stripe(key.trim(), options ?? {});
}

const train = (trains as unknown as Record<string, { version: number | string }>)[settings.train];
const page = window as unknown as { Stripe?: unknown };
if (!page.Stripe) page.Stripe = Object.assign(make, { version: train ? train.version : settings.train });
