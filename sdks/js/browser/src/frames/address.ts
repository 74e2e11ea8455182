// The elements address and linkAuthentication (an email field). An address has the parts that its country has.

import * as contract from '../data/contract.json';
import type { Json } from '../shared/wire';
import { answering, channel } from './channel';
import { countries, make } from './dom';
import { Form, type Field, type Input } from './fields';
import { appearance } from './looks';
import { connect, type Host } from './port';

interface Rules {
  fields: string[];
  needed: string[];
  areas: [string, string][];
  postal: string;
}

const LABELS: Record<string, string> = { name: 'Full name', country: 'Country or region', line1: 'Address line 1', line2: 'Address line 2',
  city: 'City', state: 'State', postal_code: 'Postal code', phone: 'Phone number', email: 'Email' };
const TOKENS: Record<string, string> = { name: 'name', country: 'country', line1: 'address-line1', line2: 'address-line2', city: 'address-level2',
  state: 'address-level1', postal_code: 'postal-code', phone: 'tel', email: 'email' };
const PARTS = ['line1', 'line2', 'city', 'state', 'postal_code', 'country'];

class AddressElement {
  private readonly cells = new Map<string, HTMLElement>();
  private readonly inputs = new Map<string, Input>();
  private readonly form: Form;
  private rules: Rules | null = null;
  private mode = 'billing';
  private phone = 'never';

  constructor(private readonly host: Host) {
    const about = contract.elements[host.birth.type as 'address' | 'linkAuthentication'];
    const found: Field[] = [];
    const grid = make('div', { class: 'grid stacked' });
    for (const [kind, name] of Object.entries(about.names)) {
      const id = `Field-${name}Input`, note = make('p', { class: 'Error', id: `${id}-error`, role: 'alert' });
      const attributes = { id, name, class: `Input ${kind}`, autocomplete: TOKENS[kind]!, 'aria-describedby': `${id}-error`, maxlength: '300' };
      const input = kind === 'country' ? make('select', attributes, ...countries())
        : make('input', { ...attributes, type: kind === 'email' ? 'email' : kind === 'phone' ? 'tel' : 'text' });
      const cell = make('div', { class: `field ${kind}` }, make('label', { class: 'Label', for: id }, LABELS[kind]!), make('div', { class: 'box' }, input), note);
      this.cells.set(kind, cell);
      this.inputs.set(kind, input);
      found.push({ input, note, check: () => this.wrong(kind) });
      grid.append(cell);
    }
    document.body.append(make('form', { novalidate: '' }, grid));
    document.forms[0]!.addEventListener('submit', (event) => event.preventDefault());
    this.form = new Form(host, found, () => ({ value: this.value() }));
    this.inputs.get('country')?.addEventListener('input', () => void this.follow());
    answering(host.birth, channel(host.birth), ({ ask }) => {
      const error = this.form.validate();
      return error ? { error } : ask === 'collect' ? { values: host.birth.type === 'address' ? { mode: this.mode, ...this.value() } : this.value() } : {};
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
    const given = (options.defaultValues ?? {}) as Record<string, any>;
    this.mode = String(options.mode ?? 'billing');
    this.phone = String((options.fields as Json | undefined)?.phone ?? 'never');
    const country = this.inputs.get('country') as HTMLSelectElement | undefined;
    if (country && first) country.replaceChildren(...countries(options.allowedCountries as string[] | undefined));
    if (first) {
      for (const [kind, input] of this.inputs) {
        const value = given[kind] ?? given.address?.[kind];
        if (typeof value === 'string' && kind !== 'country') input.value = value.slice(0, 300);
      }
      if (country) {
        country.value = String(given.address?.country ?? new Intl.Locale(navigator.language).region ?? 'US');
        if (!country.value) country.selectedIndex = 0;
      }
    }
    if (country) void this.follow();
    else this.form.changed();
  }

  /** The parts that the country has, and which of them it needs, as the hosted page has them. */
  private async follow(): Promise<void> {
    const country = this.inputs.get('country')!.value;
    const found = await fetch(`/v3/addresses/${encodeURIComponent(country)}`, { credentials: 'omit' }).then((one) => one.json() as Promise<Rules>).catch(() => null);
    if (this.inputs.get('country')!.value !== country) return;
    this.rules = found;
    for (const part of PARTS) if (part !== 'country') this.cells.get(part)!.hidden = found ? !['line1', 'line2', ...found.fields].includes(part) : false;
    this.cells.get('phone')!.hidden = this.phone === 'never' || this.phone === 'auto';
    this.cells.get('postal_code')!.querySelector('label')!.textContent = country === 'US' ? 'ZIP code' : 'Postal code';
    this.form.changed();
  }

  private wrong(kind: string): string | null {
    const value = this.inputs.get(kind)!.value.trim();
    if (kind === 'email') return /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(value) ? null : 'incomplete_email';
    if (kind === 'name') return value ? null : 'incomplete_name';
    if (kind === 'phone') return this.phone === 'always' && !/^[+\d][\d ()./-]{4,}$/.test(value) ? 'incomplete_phone_number' : null;
    if (kind === 'postal_code' && value && this.rules?.postal && !new RegExp(`^(?:${this.rules.postal})$`, 'i').test(value)) return 'incomplete_zip';
    if (kind === 'line2') return null;
    const needed = !this.rules || kind === 'line1' || kind === 'country' || this.rules.needed.includes(kind);
    return value || !needed ? null : kind === 'postal_code' ? 'incomplete_zip' : 'incomplete_address';
  }

  private value(): Json {
    const of = (kind: string): string => (this.cells.get(kind)?.hidden ? '' : (this.inputs.get(kind)?.value.trim() ?? ''));
    if (this.host.birth.type === 'linkAuthentication') return { email: of('email') };
    const address = Object.fromEntries(PARTS.map((part) => [part, of(part) || (part === 'line2' ? null : '')]));
    return { name: of('name'), ...(this.phone === 'always' ? { phone: of('phone') } : {}), address };
  }
}

let element: AddressElement | null = null;
connect((host, message) => {
  element ??= new AddressElement(host);
  element.heard(message);
});
