// How an element looks is the merchant's choice, within a list: names and values that can only ever be looks. Everything is
// set through the CSS object model, so that a value cannot become a rule, and nothing can fetch anything.

import looks from '../data/looks.json';
import type { Json } from '../shared/wire';

const NOT = /[;{}<>\\@]|url\s*\(|image-set|expression|import|javascript:|attr\s*\(|\/\*/i;
const VARIABLE = new RegExp(looks.variable);
const sheet = new CSSStyleSheet();
const mine = new CSSStyleSheet();

/** Whether a text may be the value of a property. */
export function plain(value: unknown): value is string | number {
  return (typeof value === 'number' || typeof value === 'string') && String(value).length <= 300 && !NOT.test(String(value));
}

function dropped(what: string): void {
  console.warn(`Farthing's frames do not take ${what.slice(0, 120)}; see the guide to card fields.`);
}

function selector(text: string): string | null {
  const match = /^\.([A-Za-z-]+)((?:::?[a-z-]+)*)$/.exec(text.trim());
  if (!match || !looks.rule_classes.includes(match[1]!)) return null;
  const pseudo = match[2]!.match(/::?[a-z-]+/g) ?? [];
  return pseudo.every((one) => looks.pseudo.includes(one)) ? text.trim() : null;
}

function rule(into: CSSStyleSheet, chosen: string, properties: [string, unknown][]): void {
  const at = into.insertRule(`${chosen} {}`, into.cssRules.length);
  const { style } = into.cssRules[at] as CSSStyleRule;
  for (const [name, value] of properties) if (value !== undefined) style.setProperty(name, String(value));
}

const kebab = (name: string): string => name.replace(/^(Moz|Webkit)/, '-$1').replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`);

/** The Appearance API: theme, variables, rules, labels, inputs. */
export function appearance(given: Json | null | undefined): void {
  const root = document.documentElement;
  const { theme = 'stripe', variables = {}, rules = {}, labels = 'auto', inputs = 'spaced', disableAnimations } = (given ?? {}) as Json;
  for (const [name, value, list] of [['theme', theme, looks.themes], ['labels', labels, looks.labels], ['inputs', inputs, looks.inputs]] as const) {
    if ((list as string[]).includes(String(value))) root.dataset[name] = String(value);
    else dropped(`the ${name} "${String(value)}"`);
  }
  root.toggleAttribute('data-still', Boolean(disableAnimations));
  const fresh: [string, unknown][] = [];
  for (const [name, value] of Object.entries(variables as Json)) {
    if (VARIABLE.test(name) && plain(value)) fresh.push([`--${name}`, value]);
    else dropped(`the variable ${name}`);
  }
  sheet.replaceSync('');
  if (given) rule(sheet, ':root:root', fresh);
  for (const [text, properties] of Object.entries(rules as Record<string, Json>)) {
    const chosen = selector(text);
    if (!chosen || typeof properties !== 'object') { dropped(`the rule ${text}`); continue; }
    const allowed = Object.entries(properties).filter(([name, value]) => {
      const fine = looks.properties.includes(kebab(name)) && plain(value);
      if (!fine) dropped(`${name} in the rule ${text}`);
      return fine;
    });
    rule(sheet, `body ${chosen}`, allowed.map(([name, value]) => [kebab(name), value]));
  }
  document.adoptedStyleSheets = [sheet, mine];
}

const STATES: Record<string, string> = { base: '', complete: '.is-complete', empty: '.is-empty', invalid: '.is-invalid' };

/** `style` of card elements. */
export function style(given: Json | null | undefined): void {
  mine.replaceSync('');
  for (const [state, properties] of Object.entries((given ?? {}) as Record<string, Json>)) {
    if (!(state in STATES) || typeof properties !== 'object' || !properties) { dropped(`the style ${state}`); continue; }
    dressed(`.InputElement.InputElement${STATES[state]}`, properties);
  }
  document.adoptedStyleSheets = [sheet, mine];
}

function dressed(chosen: string, properties: Json): void {
  const known = looks.style as Record<string, string>, allowed: [string, unknown][] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (looks.pseudo.includes(name) && typeof value === 'object' && value) dressed(chosen + name, value as Json);
    else if (Object.prototype.hasOwnProperty.call(known, name) && plain(value)) allowed.push([known[name]!, value]);
    else dropped(`${name} in style`);
  }
  rule(mine, chosen, allowed);
}
