// The payment element: a card with its holder's country and postal code.

import * as contract from '../data/contract.json';
import type { Json } from '../shared/wire';
import { CardFields } from './cards';
import { answering, channel } from './channel';
import { KINDS, countries, make } from './dom';
import { Form, type Field } from './fields';
import { appearance } from './looks';
import { connect, type Host } from './port';
import { Card } from './rules';

const { names, ids, placeholders } = contract.elements.payment;
const LABELS: Record<string, string> = { number: 'Card number', expiry: 'Expiration date', cvc: 'Security code', country: 'Country', postal: 'Postal code' };
/** Where a card's check asks for the postal code. */
const POSTAL = ['CA', 'GB', 'PR', 'US'];
const ZIP = ['PR', 'US'];

class PaymentElement {
  private readonly fields = new CardFields();
  private readonly cells = new Map<string, HTMLElement>();
  private readonly inputs = new Map<string, HTMLInputElement | HTMLSelectElement>();
  private readonly form: Form;
  private readonly brand = make('span', { class: 'brand', 'aria-hidden': 'true' });
  private defaults: Json = {};

  constructor(host: Host) {
    const grid = make('div', { class: 'grid', role: 'group', 'aria-label': 'Card' });
    const found: Field[] = [];
    for (const kind of Object.keys(names) as (keyof typeof names)[]) {
      const id = ids[kind], note = make('p', { class: 'Error', id: `${id}-error`, role: 'alert' });
      const { 'aria-label': _, ...attributes } = KINDS[kind] ?? {};
      const input = kind === 'country' ? make('select', { autocomplete: 'billing country' }, ...countries())
        : make('input', { ...attributes, placeholder: (placeholders as Record<string, string>)[kind] ?? '' });
      for (const [name, value] of Object.entries({ id, name: names[kind], class: `Input ${kind}`, 'aria-describedby': `${id}-error`, 'aria-required': 'true' })) input.setAttribute(name, value);
      const cell = make('div', { class: `field ${kind}` }, make('label', { class: 'Label', for: id }, LABELS[kind]!), make('div', { class: 'box' }, input), note);
      if (kind === 'number') cell.querySelector('.box')!.append(this.brand);
      this.cells.set(kind, cell);
      this.inputs.set(kind, input);
      found.push(kind === 'country' ? { input, note, check: () => (input.value ? null : 'incomplete_zip') } : this.fields.add(kind, input, note));
      grid.append(cell);
    }
    const tab = make('button', { type: 'button', class: 'Tab Tab--selected', 'data-testid': 'card', 'data-value': 'card', 'aria-pressed': 'true' },
      make('span', { class: 'TabLabel' }, 'Card'));
    document.body.append(make('form', { novalidate: '' }, make('div', { class: 'tabs' }, tab), grid));
    document.forms[0]!.addEventListener('submit', (event) => event.preventDefault());
    this.form = new Form(host, found, () => ({ collapsed: false, value: { type: 'card' } }));
    this.fields.number!.addEventListener('input', () => { this.brand.textContent = Card.brand(this.fields.digits())?.name ?? ''; });
    this.inputs.get('country')!.addEventListener('input', () => this.follow());
    answering(host.birth, channel(host.birth), ({ ask }) => {
      const error = this.form.validate();
      return error ? { error } : ask === 'collect' ? { values: this.values() } : {};
    });
  }

  heard({ type, options, appearance: looks }: Json): void {
    if (type === 'init' || type === 'update') this.set((options ?? {}) as Json, looks as Json, type === 'init');
    if (type === 'focus') this.form.focus();
    if (type === 'blur') this.form.blur();
    if (type === 'clear') this.form.clear();
  }

  private set(options: Json, looks: Json, first: boolean): void {
    appearance(looks);
    const asked = ((options.fields as Json | undefined)?.billingDetails ?? 'auto') as string | { address?: string | Json };
    const address = typeof asked === 'string' ? asked : (asked.address ?? 'auto');
    const never = (part: string): boolean => address === 'never' || (typeof address === 'object' && address[part] === 'never');
    this.cells.get('country')!.toggleAttribute('data-never', never('country'));
    this.cells.get('postal')!.toggleAttribute('data-never', never('postalCode'));
    if (first) this.fill(((options.defaultValues as Json | undefined)?.billingDetails ?? {}) as Json);
    this.form.disable(Boolean(options.readOnly));
    this.follow();
  }

  private fill(details: Json): void {
    const address = (details.address ?? {}) as Record<string, string>;
    this.defaults = { name: details.name, phone: details.phone, email: details.email };
    const country = this.inputs.get('country') as HTMLSelectElement;
    country.value = String(address.country ?? new Intl.Locale(navigator.language).region ?? 'US');
    if (!country.value) country.value = 'US';
    this.inputs.get('postal')!.value = String(address.postal_code ?? '').slice(0, 20);
  }

  private follow(): void {
    const country = this.inputs.get('country')!.value, postal = this.cells.get('postal')!;
    this.cells.get('country')!.hidden = this.cells.get('country')!.hasAttribute('data-never');
    postal.hidden = postal.hasAttribute('data-never') || !POSTAL.includes(country);
    postal.querySelector('label')!.textContent = ZIP.includes(country) ? 'ZIP code' : 'Postal code';
    this.form.changed();
  }

  private values(): Json {
    const shown = (kind: string): string | undefined => (this.cells.get(kind)!.hidden ? undefined : this.inputs.get(kind)!.value.trim());
    return { ...this.fields.values(), country: shown('country'), postal_code: shown('postal'), ...this.defaults };
  }
}

let element: PaymentElement | null = null;
connect((host, message) => {
  element ??= new PaymentElement(host);
  element.heard(message);
});
