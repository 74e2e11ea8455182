// A group of elements: what they share, and what is collected from all of them together.

import * as contract from '../data/contract.json';
import trains from '../../../../../vault/trains.json';
import type { Birth, Json, StripeError } from '../shared/wire';
import type { Controller } from './controller';
import { CARD, SILENT, StripeElement } from './element';
import { Emitter } from './emitter';
import { must } from './errors';
import { settings } from './settings';

const MODES = ['payment', 'setup'];
const NOT_YET: readonly string[] = ['fonts', 'customerSessionClientSecret', 'customerOptions'];
/** Elements that belong to an intent: the group must say of which. */
const OF_INTENT = ['payment', 'expressCheckout'];

export class Elements extends Emitter {
  private members: StripeElement[] = [];
  private options: Json;
  private submitted = false;
  private checked: Promise<StripeError | undefined> | null = null;

  constructor(private readonly controller: Controller, options: Json | undefined, private readonly locale: string) {
    super();
    this.options = { ...options };
    this.check(this.options);
    for (const name of NOT_YET) {
      if (name in this.options) console.warn(`Farthing does not use the option ${name} of elements() yet; see ${settings.docs}`);
    }
  }

  create(type: string, options: Json = {}): StripeElement {
    const removed = (trains as Record<string, { removedElements?: string[] }>)[settings.train]?.removedElements ?? [];
    must(!removed.includes(type), `The ${type} element was removed in ${settings.train}. Use the expressCheckout element instead.`);
    must(Object.keys(contract.elements).includes(type) || SILENT.includes(type), `The element "${String(type)}" is not supported by Farthing; see ${settings.docs}`);
    must(!this.getElement(type), `There is a ${type} element in this group already. Use elements.getElement('${type}'), or destroy() it before you create another.`);
    must(!(type === 'card' && this.cards().length) && !(CARD.includes(type) && this.getElement('card')),
      'A card element and separate card fields cannot stand in one group. Create one or the others.');
    must(!OF_INTENT.includes(type) || this.options.clientSecret || this.options.mode,
      `A ${type} element needs elements({ clientSecret }) or elements({ mode, amount, currency }).`);
    must(type !== 'address' || ['billing', 'shipping'].includes(String(options.mode)),
      "An address element needs a mode: elements.create('address', { mode: 'billing' }) or 'shipping'.");
    const made = new StripeElement(this, type, { ...options });
    this.members.push(made);
    if (type === 'payment') void this.intent().then((error) => error && made._failed(error));
    return made;
  }

  getElement(type: string | { __elementType?: string }): StripeElement | null {
    const name = typeof type === 'string' ? type : type?.__elementType;
    return this.members.find((one) => one.type === name) ?? null;
  }

  async update(options: Json): Promise<void> {
    must(!('clientSecret' in options) || options.clientSecret === this.options.clientSecret,
      'The clientSecret of a group cannot be changed. Make a new group with stripe.elements({ clientSecret }).');
    this.check({ ...this.options, ...options });
    this.options = { ...this.options, ...options };
    if ('amount' in options || 'currency' in options || 'mode' in options) this.submitted = false;
    for (const one of this.members) one._styled();
    await Promise.resolve();
    this.emit('update-end', undefined);
  }

  /** Look at the intent again, which the merchant's server may have changed. */
  async fetchUpdates(): Promise<{ error?: { message: string; status?: string } }> {
    must(this.options.clientSecret, 'elements.fetchUpdates() is for groups with a clientSecret. Use elements.update() instead.');
    this.checked = null;
    const error = await this.intent();
    return error ? { error: { message: String(error.message) } } : {};
  }

  /** Check everything that was typed, and show what is wrong at its place. */
  async submit(): Promise<{ error?: StripeError; selectedPaymentMethod?: string }> {
    const { error } = await this.controller.call('validate', { elements: this._ids() });
    this.submitted = !error;
    return error ? { error } : { selectedPaymentMethod: this.getElement('payment') ? 'card' : undefined };
  }

  /** The intent's secret: the group's, or what the caller gives in the deferred flow. */
  _secret(given: unknown, method: string): string {
    const own = this.options.clientSecret;
    must(!own || !given || own === given, `stripe.${method}(): the clientSecret is not the one that the group was made with. Leave it out.`);
    must(own || given, `stripe.${method}(): this group has no clientSecret. Make an intent on your server and pass its clientSecret here.`);
    must(own || this.submitted, `stripe.${method}(): call elements.submit() and wait for it before you confirm, so that what was typed is checked.`);
    return String(own ?? given);
  }

  _need(method: string): void {
    must(this.options.clientSecret || this.submitted || !this.getElement('payment'),
      `stripe.${method}(): call elements.submit() and wait for it first, so that what was typed is checked.`);
  }

  /** What an intent must come to, where the page said so before there was one. */
  _expected(): Json | null {
    const { mode, amount, currency } = this.options;
    return mode ? { mode, amount: mode === 'payment' ? amount : undefined, currency } : null;
  }

  /** The mounted elements that are collected from. */
  _ids(only?: (one: StripeElement) => boolean): string[] {
    return this.members.filter((one) => one._live && (!only || only(one))).map((one) => one.id);
  }

  /** Elements that give one card: one that holds all of it, or all the separate fields. */
  _card(element: StripeElement): string[] {
    return element.type === 'card' ? [element.id] : this._ids((one) => CARD.includes(one.type));
  }

  _birth(type: string): Omit<Birth, 'id' | 'parentOrigin' | 'nonce'> {
    return { group: this.controller.group, type, key: this.controller.key, controller: this.controller.id };
  }

  _appearance(): Json | null {
    return this.options.appearance ? (JSON.parse(JSON.stringify(this.options.appearance)) as Json) : null;
  }

  _shared(): Json {
    return { locale: this.locale };
  }

  _forget(element: StripeElement): void {
    this.members = this.members.filter((one) => one !== element);
  }

  private cards(): StripeElement[] {
    return this.members.filter((one) => CARD.includes(one.type));
  }

  private check({ clientSecret, mode, amount, currency }: Json): void {
    must(!(clientSecret && mode), 'elements() takes a clientSecret, or a mode with amount and currency, not both.');
    must(clientSecret === undefined || /^(pi|seti)_\w+_secret_\w+$/.test(String(clientSecret)),
      'elements(): clientSecret is not the client secret of an intent. Take client_secret of the PaymentIntent or SetupIntent that your server made.');
    if (mode === undefined) return;
    must(MODES.includes(String(mode)), `elements(): the mode "${String(mode)}" is not supported by Farthing; it is payment or setup.`);
    must(typeof currency === 'string' || mode === 'setup', 'elements(): mode payment needs a currency, such as "usd".');
    must(mode === 'setup' || (Number.isInteger(amount) && Number(amount) > 0),
      'elements(): mode payment needs an amount, a whole number in the smallest unit of the currency.');
  }

  /** Whether the intent of the group is there; asked once. */
  private intent(): Promise<StripeError | undefined> {
    const secret = this.options.clientSecret;
    this.checked ??= secret ? this.controller.call('retrieve', { object: kind(String(secret)), client_secret: secret }).then(({ error }) => error)
      : Promise.resolve(undefined);
    return this.checked;
  }
}

export function kind(secret: string): 'payment_intent' | 'setup_intent' {
  return secret.startsWith('seti_') ? 'setup_intent' : 'payment_intent';
}
