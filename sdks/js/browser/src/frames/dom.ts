// The few elements that frames are made of.

export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Record<string, string> = {},
  ...children: (Node | string)[]): HTMLElementTagNameMap[Name] {
  const found = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

const CARD = { inputmode: 'numeric', autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false', enterkeyhint: 'next', type: 'text' };

export const KINDS: Record<string, Record<string, string>> = {
  number: { ...CARD, autocomplete: 'cc-number', 'aria-label': 'Credit or debit card number' },
  expiry: { ...CARD, autocomplete: 'cc-exp', 'aria-label': 'Credit or debit card expiration date' },
  cvc: { ...CARD, autocomplete: 'cc-csc', 'aria-label': 'Credit or debit card CVC/CVV' },
  postal: { ...CARD, inputmode: 'text', autocomplete: 'billing postal-code', 'aria-label': 'ZIP or postal code' },
};

/** A list of all countries, which the vault wrote into the page. */
export function countries(only?: string[]): HTMLOptionElement[] {
  const listed = document.getElementById('countries') as HTMLTemplateElement | null;
  const all = [...(listed?.content.querySelectorAll('option') ?? [])].map((one) => one.cloneNode(true) as HTMLOptionElement);
  return only?.length ? all.filter((one) => only.includes(one.value)) : all;
}
