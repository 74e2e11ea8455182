// Which language: all tags that merchants may name are taken; the texts are English so far.

import tags from '../data/locales.json';

let warned = false;

export function language(asked: string | undefined): string {
  if (!asked || asked === 'auto' || tags.includes(asked)) return asked ?? 'auto';
  if (!warned) console.warn(`Farthing does not know the locale "${asked}"; it shows English.`);
  warned = true;
  return 'en';
}
