// One element: a container of the merchant's with one frame of ours in it.

import * as contract from '../data/contract.json';
import type { Json, StripeError } from '../shared/wire';
import { Emitter } from './emitter';
import { must } from './errors';
import { Frame, random } from './frame';
import type { Elements } from './elements';

type Known = keyof typeof contract.elements;
type State = keyof typeof contract.states;

/** Elements that show nothing here; they say at once that they are ready. */
export const SILENT: readonly string[] = ['expressCheckout', 'paymentRequestButton'];
export const CARD = ['card', 'cardNumber', 'cardExpiry', 'cardCvc'];

export class StripeElement extends Emitter {
  readonly id = random();
  readonly _componentName: string;
  private frame: Frame | null = null;
  private container: Element | null = null;
  private destroyed = false;
  private classes: Record<string, string>;
  private last: Json = { empty: true, complete: false };
  private focused = false;
  private undo: (() => void)[] = [];

  constructor(private readonly group: Elements, readonly type: string, private options: Json) {
    super();
    this._componentName = type;
    this.classes = { base: contract.container, ...contract.states, ...(options.classes as Record<string, string> | undefined) };
  }

  get _group(): Elements {
    return this.group;
  }

  /** Whether it takes part in what the group collects. */
  get _live(): boolean {
    return this.frame !== null;
  }

  mount(where: string | Element): void {
    must(!this.destroyed, `This ${this.type} element was destroyed. Create a new one with elements.create('${this.type}').`);
    const found = typeof where === 'string' ? document.querySelector(where) : where;
    must(found instanceof Element, `There is no ${typeof where === 'string' ? `"${where}"` : 'such element'} in the page to mount the ${this.type} element in. `
      + 'Pass a selector of an element that is there, or the element itself.');
    if (this.container === found) return;
    this.unmount();
    this.container = found;
    found.classList.add(...this.names('base'), ...this.names('empty'));
    if (SILENT.includes(this.type)) {
      queueMicrotask(() => this.emit('ready', { elementType: this.type, availablePaymentMethods: undefined }));
      return;
    }
    const about = contract.elements[this.type as Known];
    const frame = new Frame(about.page, this.group._birth(this.type), about.title, {
      heard: (message) => { if (this.frame === frame) this.heard(message); },
      failed: (sentence) => this.emit('loaderror', { elementType: this.type, error: { type: 'api_connection_error', message: sentence } }),
    }, this.id);
    this.frame = frame;
    frame.element.style.height = `${about.height}px`;
    frame.send({ type: 'init', options: this.told(), appearance: this.group._appearance() });
    frame.open(found);
    this.labels(found);
    queueMicrotask(() => this.emit('loaderstart', { elementType: this.type }));
  }

  unmount(): void {
    for (const one of this.undo.splice(0)) one();
    this.frame?.close();
    this.frame = null;
    const all = Object.keys(this.classes).flatMap((name) => this.names(name as State));
    if (all.length) this.container?.classList.remove(...all);
    this.container = null;
    this.last = { empty: true, complete: false };
    this.focused = false;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.unmount();
    this.destroyed = true;
    this.group._forget(this);
    this.emit('destroy', undefined);
  }

  update(options: Json): void {
    must(!this.destroyed, `This ${this.type} element was destroyed. Create a new one with elements.create('${this.type}').`);
    this.options = { ...this.options, ...options };
    if (options.classes) {
      this.container?.classList.remove(...Object.keys(this.classes).flatMap((name) => this.names(name as State)));
      this.classes = { base: contract.container, ...contract.states, ...(options.classes as Record<string, string>) };
    }
    this.frame?.send({ type: 'update', options: this.told(), appearance: this.group._appearance() });
    this.mark();
  }

  focus(): void {
    must(this.container, `Mount the ${this.type} element before you focus it.`);
    this.frame?.element.focus();
    this.frame?.send({ type: 'focus' });
  }

  blur(): void {
    must(this.container, `Mount the ${this.type} element before you blur it.`);
    this.frame?.send({ type: 'blur' });
    this.frame?.element.blur();
  }

  clear(): void {
    must(this.container, `Mount the ${this.type} element before you clear it.`);
    this.frame?.send({ type: 'clear' });
  }

  collapse(): void {
    must(this.type === 'payment', 'Only a payment element can be collapsed.');
  }

  /** The address of an address element, asked for by the page's code. */
  async getValue(): Promise<Json> {
    must(this.type === 'address', 'Only an address element has getValue().');
    return { complete: Boolean(this.last.complete), isNewAddress: true, value: this.last.value };
  }

  _styled(): void {
    this.frame?.send({ type: 'update', options: this.told(), appearance: this.group._appearance() });
  }

  _failed(error: StripeError): void {
    this.emit('loaderror', { elementType: this.type, error });
  }

  private told(): Json {
    const { classes: _, paymentRequest: __, ...rest } = this.options;
    return JSON.parse(JSON.stringify({ ...this.group._shared(), ...rest })) as Json;
  }

  private heard(message: Json): void {
    const { type, ...rest } = message;
    if (type === 'ready') this.emit('ready', { elementType: this.type });
    if (type === 'resize' && typeof rest.height === 'number') this.frame!.element.style.height = `${Math.min(Math.ceil(rest.height), 4000)}px`;
    if (type === 'escape') this.emit('escape', { elementType: this.type });
    if (type === 'focus' || type === 'blur') {
      this.focused = type === 'focus';
      this.mark();
      this.emit(type, { elementType: this.type });
    }
    if (type === 'change') this.changed(rest);
  }

  private changed(rest: Json): void {
    const networks = JSON.stringify(rest.brands) !== JSON.stringify(this.last.brands);
    this.last = rest;
    this.mark();
    const { autofilled: _, brands, ...told } = rest;
    this.emit('change', { elementType: this.type, ...told });
    if (networks && Array.isArray(brands) && CARD.includes(this.type)) {
      this.emit('networkschange', { elementType: this.type, loading: false, networks: brands.length ? brands : null });
    }
  }

  private names(state: State | 'base'): string[] {
    return (this.classes[state] ?? '').split(/\s+/).filter(Boolean);
  }

  private mark(): void {
    const { last } = this;
    const on: Record<State, boolean> = { empty: Boolean(last.empty), complete: Boolean(last.complete), focus: this.focused,
      invalid: Boolean(last.error), webkitAutofill: Boolean(last.autofilled) };
    this.container?.classList.add(...this.names('base'));
    for (const state of Object.keys(on) as State[]) for (const name of this.names(state)) this.container?.classList.toggle(name, on[state]);
  }

  /** A click on the container's label, or on a label around it, focuses the field. */
  private labels(container: Element): void {
    const root = container.getRootNode() as Document | ShadowRoot;
    const named = container.id ? [...root.querySelectorAll('label')].filter((one) => one.htmlFor === container.id) : [];
    const around = container.closest('label');
    const click = (event: Event): void => { event.preventDefault(); this.focus(); };
    for (const label of around ? [...named, around] : named) {
      label.addEventListener('click', click);
      this.undo.push(() => label.removeEventListener('click', click));
    }
  }
}
