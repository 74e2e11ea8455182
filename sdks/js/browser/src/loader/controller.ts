// The hidden frame that does the work for one Stripe(): it alone talks to the vault and to the API.

import type { Json, StripeError } from '../shared/wire';
import { Frame, random } from './frame';

export interface Answer {
  ok?: any;
  error?: StripeError;
}

export class Controller {
  readonly group = random();
  private readonly frame: Frame;
  private readonly open = new Map<string, (answer: Answer) => void>();
  private trouble = '';

  constructor(readonly key: string, options: Json) {
    this.frame = new Frame('controller', { group: this.group, type: 'controller', key, controller: '' }, 'Payment service', {
      heard: (message) => this.heard(message),
      failed: (sentence) => this.failed(sentence),
    });
    const { style } = this.frame.element;
    style.cssText = 'position:fixed!important;top:-1px!important;left:0!important;width:1px!important;height:1px!important;border:0!important;opacity:0!important;visibility:hidden!important;pointer-events:none!important';
    this.frame.element.setAttribute('aria-hidden', 'true');
    this.frame.element.tabIndex = -1;
    this.frame.send({ type: 'init', options, appearance: null });
    const place = (): void => this.frame.open(document.body ?? document.documentElement);
    if (document.body || document.readyState !== 'loading') place();
    else document.addEventListener('DOMContentLoaded', place);
  }

  get id(): string {
    return this.frame.id;
  }

  /** Ask it for something; resolves, whatever happens. */
  call(method: string, params: object): Promise<Answer> {
    if (this.trouble) return Promise.resolve(this.unreachable());
    return new Promise((resolve) => {
      const call = random();
      this.open.set(call, resolve);
      this.frame.send({ type: 'call', call, method, params: params as Json });
    });
  }

  private heard(message: Json): void {
    if (message.type !== 'result') return;
    const resolve = this.open.get(String(message.call));
    this.open.delete(String(message.call));
    resolve?.(message.error ? { error: message.error as StripeError } : { ok: message.ok });
  }

  private failed(sentence: string): void {
    this.trouble = sentence;
    for (const resolve of this.open.values()) resolve(this.unreachable());
    this.open.clear();
  }

  private unreachable(): Answer {
    return { error: { type: 'api_connection_error', message: this.trouble } };
  }
}
