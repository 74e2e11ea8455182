// How the fields of an element behave: checked on leaving, mended while typing, and what of that the page is told.

import type { Json, StripeError } from '../shared/wire';
import texts from '../data/texts.json';
import type { Host } from './port';

export type Input = HTMLInputElement | HTMLSelectElement;

export interface Field {
  input: Input;
  /** The code of what is wrong, or null. */
  check(): string | null;
  /** Whether so much was typed that what is wrong may be said before the field is left. */
  full?(): boolean;
  /** Where what is wrong is shown inside the frame, if it is. */
  note?: HTMLElement | null;
}

export function sentence(code: string): string {
  return (texts as Record<string, string>)[code] ?? code;
}

const error = (code: string): StripeError => ({ type: 'validation_error', code, message: sentence(code) });

export class Form {
  private readonly wrong = new Map<Field, string>();
  private last = '';
  private inside = false;

  /** `told` is what a change says beside its standing. */
  constructor(private readonly host: Host, readonly fields: Field[], private readonly told: () => Json) {
    for (const field of fields) this.listen(field);
    document.addEventListener('focusin', () => { if (!this.inside) { this.inside = true; host.send('focus'); } });
    document.addEventListener('focusout', (event) => {
      if ((event as FocusEvent).relatedTarget) return;
      this.inside = false;
      host.send('blur');
    });
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') host.send('escape'); });
    new ResizeObserver(() => host.send('resize', { height: document.body.getBoundingClientRect().height })).observe(document.body);
  }

  /** Check all of it and show what is wrong; the first such field gets the focus. */
  validate(): StripeError | undefined {
    const found = this.shown().filter((field) => this.judge(field));
    this.changed();
    found[0]?.input.focus();
    return found[0] && error(this.wrong.get(found[0])!);
  }

  focus(): void {
    (this.shown().find((field) => !field.input.value) ?? this.shown()[0])?.input.focus();
  }

  blur(): void {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }

  clear(): void {
    for (const { input } of this.fields) if (input instanceof HTMLInputElement) { input.value = ''; delete input.dataset.digits; }
    this.wrong.clear();
    for (const field of this.fields) this.dress(field);
    this.changed();
  }

  disable(off: boolean): void {
    for (const { input } of this.fields) input.disabled = off;
  }

  /** Tell the page how it stands, if that is not what it was told last. */
  changed(): void {
    const shown = this.shown();
    const first = shown.find((field) => this.wrong.has(field));
    const message: Json = { empty: shown.every(({ input }) => input instanceof HTMLSelectElement || !input.value), complete: shown.every((field) => !field.check()),
      error: first ? error(this.wrong.get(first)!) : undefined, autofilled: shown.some(({ input }) => autofilled(input)), ...this.told() };
    for (const field of shown) this.dress(field);
    const text = JSON.stringify(message);
    const [before] = [this.last, (this.last = text)];
    if (before === text || (!before && message.empty && !message.complete)) return;  // at first there is nothing to tell
    this.host.send('change', message);
  }

  private shown(): Field[] {
    return this.fields.filter(({ input }) => !input.closest('[hidden]'));
  }

  private judge(field: Field): string | null {
    const code = field.check();
    if (code) this.wrong.set(field, code);
    else this.wrong.delete(field);
    return code;
  }

  private listen(field: Field): void {
    const { input } = field;
    input.addEventListener('input', () => {
      if (this.wrong.has(field) || field.full?.()) {
        if (!field.check() || !field.full?.()) this.wrong.delete(field);
        else this.judge(field);
      }
      this.changed();
    });
    input.addEventListener('blur', () => { if (input.value) this.judge(field); this.changed(); });
  }

  private dress(field: Field): void {
    const { input, note } = field, code = this.wrong.get(field);
    input.classList.toggle('is-invalid', Boolean(code));
    input.classList.toggle('Input--invalid', Boolean(code));
    input.classList.toggle('is-empty', !input.value);
    input.classList.toggle('Input--empty', !input.value);
    input.classList.toggle('is-complete', !field.check());
    if (code) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    if (note && note.textContent !== (code ? sentence(code) : '')) note.textContent = code ? sentence(code) : '';
  }
}

function autofilled(input: Input): boolean {
  try {
    return input.matches(':autofill');
  } catch {
    return input.matches(':-webkit-autofill');
  }
}
