// The fields of a card: number, expiry, security code, and where its holder lives.

import type { Json } from '../shared/wire';
import type { Field, Input } from './fields';
import { Card, typing } from './rules';

/** What this frame knows of the number: all of it, or only how long its security code is. */
export class CardFields {
  number?: HTMLInputElement;
  expiry?: HTMLInputElement;
  cvc?: HTMLInputElement;
  /** Digits that stand for the number where it is typed in another frame. */
  brandOf = '';

  digits(): string {
    return this.number ? Card.digits(this.number.value) : this.brandOf;
  }

  brand(): string {
    return Card.brand(this.digits())?.code ?? 'unknown';
  }

  add(kind: string, input: Input, note?: HTMLElement): Field {
    if (kind === 'number') return this.ofNumber(input as HTMLInputElement, note);
    if (kind === 'expiry') return this.ofExpiry(input as HTMLInputElement, note);
    if (kind === 'cvc') return this.ofCvc(input as HTMLInputElement, note);
    return { input, note, check: () => (input.value.trim().length >= 3 ? null : 'incomplete_zip') };
  }

  values(): Json {
    const found: Json = {};
    if (this.number) found.number = this.digits();
    if (this.cvc) found.cvc = this.cvc.value;
    const date = this.expiry && Card.parseExpiry(this.expiry.value);
    if (date) Object.assign(found, { exp_month: date.month, exp_year: date.year });
    return found;
  }

  private ofNumber(input: HTMLInputElement, note?: HTMLElement): Field {
    this.number = input;
    typing.number(input);
    return { input, note, check: () => Card.checkNumber(this.digits()), full: () => {
      const found = Card.brand(this.digits());
      return this.digits().length >= (found ? Math.max(...found.lengths) : 19);
    } };
  }

  private ofExpiry(input: HTMLInputElement, note?: HTMLElement): Field {
    this.expiry = input;
    typing.expiry(input);
    return { input, note, check: () => Card.checkExpiry(input.value, new Date()), full: () => Card.digits(input.value).length >= 4 };
  }

  private ofCvc(input: HTMLInputElement, note?: HTMLElement): Field {
    this.cvc = input;
    typing.cvc(input, () => this.digits());
    return { input, note, check: () => Card.checkCvc(input.value, this.digits()) };
  }
}
