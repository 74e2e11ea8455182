// The methods that Stripe() has at run time; prints JSON.
import methods from '../src/data/methods.json';

Object.assign(globalThis, { window: globalThis, document: { createElement: () => ({}), readyState: 'complete' } });
const { Stripe } = require('../src/loader/stripe') as typeof import('../src/loader/stripe');
const all = Object.getOwnPropertyNames(Stripe.prototype);
const there = all.filter((name) => typeof (Stripe.prototype as Record<string, unknown>)[name] === 'function');
console.log(JSON.stringify({ there, unsupported: methods.unsupported, own: there.filter((name) => !/is not supported|unsupported\(/.test(String((Stripe.prototype as Record<string, unknown>)[name]))) }));
