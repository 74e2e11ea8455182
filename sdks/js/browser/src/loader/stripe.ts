// What Stripe(key) returns. Problems of the card or the API resolve as {error}; misuse is thrown.

import methods from '../data/methods.json';
import trains from '../../../../../vault/trains.json';
import type { Json, StripeError } from '../shared/wire';
import { confirm, next } from './confirm';
import { Controller } from './controller';
import { StripeElement } from './element';
import { Elements, kind } from './elements';
import { must } from './errors';
import { language } from './locale';
import { returning, type Kind } from './returning';
import { settings } from './settings';

type Result = Promise<Json>;
const REDIRECTS = ['always', 'if_required'];

export class Stripe {
  private readonly controller: Controller;
  private readonly locale: string;
  [name: string]: unknown;

  constructor(key: string, options: Json) {
    this.locale = language(options.locale as string | undefined);
    this.controller = new Controller(key, { apiVersion: options.apiVersion, stripeAccount: options.stripeAccount });
  }

  elements(options?: Json): Elements {
    return new Elements(this.controller, options, language((options?.locale as string | undefined) ?? this.locale));
  }

  confirmPayment(options: Json): Result {
    return this.confirmed('payment_intent', 'confirmPayment', options);
  }

  confirmSetup(options: Json): Result {
    return this.confirmed('setup_intent', 'confirmSetup', options);
  }

  confirmCardPayment(secret: string, data: Json = {}, options: Json = {}): Result {
    return this.card('payment_intent', 'confirmCardPayment', secret, data, options);
  }

  confirmCardSetup(secret: string, data: Json = {}, options: Json = {}): Result {
    return this.card('setup_intent', 'confirmCardSetup', secret, data, options);
  }

  handleNextAction(options: { clientSecret: string }): Result {
    const secret = this.secret(options?.clientSecret, undefined, 'handleNextAction');
    return next(this.controller, kind(secret), secret);
  }

  handleCardAction(secret: string): Result {
    return next(this.controller, 'payment_intent', this.secret(secret, 'payment_intent', 'handleCardAction'), true);
  }

  retrievePaymentIntent(secret: string): Result {
    return this.retrieved('payment_intent', this.secret(secret, 'payment_intent', 'retrievePaymentIntent'));
  }

  retrieveSetupIntent(secret: string): Result {
    return this.retrieved('setup_intent', this.secret(secret, 'setup_intent', 'retrieveSetupIntent'));
  }

  /** A payment method of what stands in an element, or in all elements of a group. */
  createPaymentMethod(options: Json, ...old: unknown[]): Result {
    if (typeof options === 'string') return this.createPaymentMethod(this.older(options, old));
    must(options && typeof options === 'object', 'stripe.createPaymentMethod(): pass { type, card, billing_details } or { elements }.');
    if (options.elements) {
      const group = this.group(options.elements, 'createPaymentMethod');
      group._need('createPaymentMethod');
      return this.made('paymentMethod', 'create_payment_method', { elements: group._ids(), params: (options.params as Json) ?? {} });
    }
    must(options.type, "stripe.createPaymentMethod(): say which type, such as { type: 'card', card }.");
    const { elements, params } = this.named(options);
    return this.made('paymentMethod', 'create_payment_method', { elements, params });
  }

  createToken(what: unknown, data: Json = {}): Result {
    if (typeof what === 'string' && what !== 'cvc_update') return unsupported(`createToken('${what}')`);
    if (what === 'cvc_update' || (what instanceof StripeElement && what.type === 'cardCvc' && data.type === 'cvc_update')) return unsupported("createToken('cvc_update')");
    must(what instanceof StripeElement && what._live && what.type.startsWith('card'),
      'stripe.createToken(): pass a card element that is mounted.');
    return this.made('token', 'create_token', { elements: what._group._card(what), params: data });
  }

  createConfirmationToken(options: Json): Result {
    const payment = options?.payment_method;
    if (typeof payment === 'string') return this.made('confirmationToken', 'create_confirmation_token', { params: { ...(options.params as Json), payment_method: payment } });
    const group = this.group(options?.elements, 'createConfirmationToken');
    group._need('createConfirmationToken');
    return this.made('confirmationToken', 'create_confirmation_token', { elements: group._ids(), params: (options.params as Json) ?? {} });
  }

  redirectToCheckout(options: Json): Result {
    must(options?.sessionId, 'stripe.redirectToCheckout(): pass { sessionId } of a Checkout Session that your server made.');
    location.assign(`${settings.pay}/c/${encodeURIComponent(String(options.sessionId))}`);
    return new Promise(() => undefined);
  }

  /** Wallets need certificates that are not here: no dead buttons. */
  paymentRequest(): Json {
    const nothing = (): void => undefined;
    return { canMakePayment: () => Promise.resolve(null), show: nothing, abort: nothing, update: nothing, on: nothing, once: nothing,
      off: nothing, isShowing: () => false };
  }

  registerAppInfo(): void {
    return undefined;
  }

  _registerWrapper(): void {
    return undefined;
  }

  private confirmed(object: Kind, method: string, options: Json): Result {
    must(options && typeof options === 'object', `stripe.${method}(): pass { elements, confirmParams: { return_url } }.`);
    const group = options.elements ? this.group(options.elements, method) : null;
    const { confirmParams = {}, redirect = 'always' } = options as { confirmParams?: Json; redirect?: string };
    must(REDIRECTS.includes(redirect), `stripe.${method}(): redirect is "always" or "if_required".`);
    must(redirect === 'if_required' || confirmParams.return_url,
      `stripe.${method}(): pass confirmParams.return_url, or redirect: 'if_required'.`);
    must(group || options.clientSecret, `stripe.${method}(): pass elements, or a clientSecret.`);
    const secret = this.secret(group ? group._secret(options.clientSecret, method) : options.clientSecret, object, method);
    const wanted = { object, client_secret: secret, params: JSON.parse(JSON.stringify(confirmParams)) as Json,
      elements: group && !confirmParams.payment_method && !options.confirmationToken ? group._ids() : undefined,
      expected: group?._expected() };
    must(!wanted.elements || group!.getElement('payment') || group!.getElement('card'),
      `stripe.${method}(): the group has no payment element. Create and mount one with elements.create('payment').`);
    return confirm(this.controller, wanted).then((found) => {
      const intent = (found.paymentIntent ?? found.setupIntent) as Json | undefined;
      if (!intent || redirect === 'if_required') return found;
      location.assign(returning(String(confirmParams.return_url), object, intent));
      return new Promise<Json>(() => undefined);
    });
  }

  private card(object: Kind, method: string, given: string, data: Json, options: Json): Result {
    const client_secret = this.secret(given, object, method);
    const { payment_method: chosen, ...rest } = data;
    const found: { elements?: string[]; params: Json } = { params: {} };
    if (typeof chosen === 'object' && chosen) {
      const { elements, params } = this.named({ type: 'card', ...(chosen as Json) });
      found.elements = elements;
      found.params = { payment_method_data: params };
    } else if (chosen) found.params = { payment_method: chosen };
    return confirm(this.controller, { object, client_secret, elements: found.elements, params: { ...rest, ...found.params } },
      options.handleActions !== false);
  }

  /** Elements by their ids and everything else as it is: nothing but an element can give a card. */
  private named(data: Json): { elements?: string[]; params: Json } {
    const { card, ...rest } = data;
    if (!(card instanceof StripeElement)) {
      must(!card || !('number' in (card as Json)), 'Card numbers are not taken from a page: pass a card element, or { token }.');
      return { params: JSON.parse(JSON.stringify(data)) as Json };
    }
    must(card._live, 'The card element is not mounted. Mount it, and keep it mounted until the call has come back.');
    return { elements: card._group._card(card), params: JSON.parse(JSON.stringify(rest)) as Json };
  }

  private older(type: string, [element, data]: unknown[]): Json {
    return { type, card: element, ...(data as Json | undefined) };
  }

  private group(elements: unknown, method: string): Elements {
    must(elements instanceof Elements, `stripe.${method}(): elements is what stripe.elements() gave you.`);
    return elements;
  }

  private secret(given: unknown, object: Kind | undefined, method: string): string {
    const shape = object === 'setup_intent' ? /^seti_\w+_secret_\w+$/ : object ? /^pi_\w+_secret_\w+$/ : /^(pi|seti)_\w+_secret_\w+$/;
    must(typeof given === 'string' && shape.test(given),
      `stripe.${method}(): pass the client secret of a ${object === 'setup_intent' ? 'SetupIntent' : 'PaymentIntent'} (its client_secret), which your server made.`);
    return given;
  }

  private async retrieved(object: Kind, client_secret: string): Result {
    const { ok, error } = await this.controller.call('retrieve', { object, client_secret });
    return error ? { error } : { [object === 'payment_intent' ? 'paymentIntent' : 'setupIntent']: ok.intent };
  }

  private async made(name: string, method: string, params: object): Result {
    const { ok, error } = await this.controller.call(method, params);
    return error ? { error } : { [name]: ok };
  }
}

export function unsupported(name: string): Promise<{ error: StripeError }> {
  return Promise.resolve({ error: { type: 'invalid_request_error', message: `stripe.${name} is not supported by Farthing; see ${settings.docs}` } });
}

for (const name of methods.unsupported) {
  if (!(name in Stripe.prototype)) {
    Object.defineProperty(Stripe.prototype, name, { value: () => unsupported(name), configurable: true, writable: true });
  }
}

/** What was removed in the train by which this script was asked for. */
const removed = (trains as unknown as Record<string, { removed: Record<string, string> }>)[settings.train]?.removed ?? {};
for (const [name, instead] of Object.entries(removed)) {
  Object.defineProperty(Stripe.prototype, name, { configurable: true, writable: true,
    value: () => must(false, `stripe.${name}() was removed in ${settings.train}: ${instead}.`) });
}
