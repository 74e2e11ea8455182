// The elements card, cardNumber, cardExpiry and cardCvc.

import * as contract from '../data/contract.json';
import type { Json } from '../shared/wire';
import { CardFields } from './cards';
import { answering, channel } from './channel';
import { KINDS, make } from './dom';
import { Form, type Field } from './fields';
import { style } from './looks';
import { connect, type Host } from './port';
import { Card } from './rules';

type About = { names: Record<string, string>; placeholders: Record<string, string> };
const LAST = 'postal';

class CardElement {
  private readonly fields = new CardFields();
  private readonly inputs = new Map<string, HTMLInputElement>();
  private readonly glyph = make('span', { class: 'brand', 'aria-hidden': 'true' });
  private readonly form: Form;
  private readonly line: BroadcastChannel;
  private options: Json = {};

  constructor(private readonly host: Host) {
    const about = (contract.elements as unknown as Record<string, About>)[host.birth.type]!;
    const row = make('div', { class: `row ${host.birth.type}` });
    const found: Field[] = [];
    for (const [kind, name] of Object.entries(about.names)) {
      const input = make('input', { ...KINDS[kind], name, class: `InputElement ${kind}`, placeholder: about.placeholders[kind] ?? '' });
      if (kind === 'number') row.append(this.glyph);
      row.append(make('div', { class: `cell ${kind}` }, input));
      this.inputs.set(kind, input);
      found.push(this.fields.add(kind, input));
    }
    document.body.append(make('form', { novalidate: '', class: 'line' }, row));
    document.forms[0]!.addEventListener('submit', (event) => event.preventDefault());
    this.line = channel(host.birth);
    this.form = new Form(host, found, () => this.told());
    this.steps();
    this.shared();
    answering(host.birth, this.line, ({ ask }) => {
      const error = this.form.validate();
      return error ? { error } : ask === 'collect' ? { values: this.values() } : {};
    });
  }

  heard({ type, options }: Json): void {
    if (type === 'init' || type === 'update') this.set((options ?? {}) as Json, type === 'init');
    if (type === 'focus') this.form.focus();
    if (type === 'blur') this.form.blur();
    if (type === 'clear') this.form.clear();
  }

  private set(options: Json, first: boolean): void {
    this.options = options;
    style(options.style as Json);
    const postal = this.inputs.get(LAST);
    if (postal) {
      postal.parentElement!.hidden = Boolean(options.hidePostalCode);
      const value = (options.value as { postalCode?: string } | undefined)?.postalCode;
      if (typeof value === 'string' && (first || !postal.value)) postal.value = value.slice(0, 20);
    }
    const [only] = this.inputs.values();
    if (this.inputs.size === 1 && typeof options.placeholder === 'string') only!.placeholder = options.placeholder.slice(0, 60);
    this.glyph.hidden = Boolean(options.hideIcon) || (this.host.birth.type === 'cardNumber' && !options.showIcon);
    this.glyph.classList.toggle('solid', options.iconStyle === 'solid');
    this.form.disable(Boolean(options.disabled));
    this.paint();
    this.form.changed();
  }

  private told(): Json {
    const found: Json = {};
    if (this.fields.number) Object.assign(found, { brand: this.fields.brand(), brands: this.brands() });
    const postal = this.inputs.get(LAST);
    if (postal) found.value = { postalCode: postal.parentElement!.hidden ? '' : postal.value.trim() };
    return found;
  }

  /** The networks of a card; of co-branded cards there would be two. */
  private brands(): string[] {
    const brand = this.fields.brand();
    return brand === 'unknown' || this.fields.digits().length < 8 ? [] : [brand];
  }

  private values(): Json {
    const postal = this.inputs.get(LAST);
    const [preferred] = (this.options.preferredNetwork as string[] | undefined) ?? [];
    const known = preferred && this.brands().includes(preferred);
    return { ...this.fields.values(), ...(postal && !postal.parentElement!.hidden ? { postal_code: postal.value.trim() } : {}),
      ...(known ? { networks: { preferred } } : {}) };
  }

  private paint(): void {
    const found = Card.brand(this.fields.digits());
    this.glyph.textContent = found ? found.name : 'Card';
    this.glyph.classList.toggle('known', Boolean(found));
  }

  /** Inside one element a field that is done hands on to the next, and an empty one back. */
  private steps(): void {
    const all = [...this.inputs.values()];
    this.form.fields.forEach((field, index) => {
      const next = all[index + 1], before = all[index - 1];
      field.input.addEventListener('input', (event) => {
        const typed = ((event as InputEvent).inputType ?? '').startsWith('insert');
        if (typed && field.full?.() && !field.check() && document.activeElement === field.input) next?.focus();
      });
      field.input.addEventListener('keydown', (event) => {
        if ((event as KeyboardEvent).key === 'Backspace' && !field.input.value && before) { event.preventDefault(); before.focus(); }
      });
    });
  }

  /** Separate fields: the frame of the number tells that of the code which brand it is, and no more. */
  private shared(): void {
    const { type } = this.host.birth;
    this.fields.number?.addEventListener('input', () => {
      this.paint();
      if (type === 'cardNumber') this.line.postMessage({ brand: this.fields.brand() });
    });
    if (type !== 'cardCvc') return;
    const sample: Record<string, string> = { amex: '37', diners: '36', jcb: '3528', mastercard: '51', unionpay: '62', discover: '6011', visa: '4' };
    this.line.addEventListener('message', ({ data }) => {
      if (typeof data?.brand !== 'string') return;
      this.fields.brandOf = sample[data.brand] ?? '';
      this.form.changed();
    });
  }
}

let element: CardElement | null = null;
connect((host, message) => {
  element ??= new CardElement(host);
  element.heard(message);
});
