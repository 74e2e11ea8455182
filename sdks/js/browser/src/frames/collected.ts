// What the elements of a group have given, as parameters of the vault and of the API.

import type { Json } from '../shared/wire';
import type { Answered } from './channel';

const FIELDS = ['number', 'exp_month', 'exp_year', 'cvc', 'networks'];
const ADDRESS: Record<string, string> = { line1: 'address_line1', line2: 'address_line2', city: 'address_city', state: 'address_state',
  postal_code: 'address_zip', country: 'address_country' };

function values(found: Answered[]): Json {
  return Object.assign({}, ...found.filter((one) => one.type !== 'address').map((one) => one.values ?? {})) as Json;
}

function address(found: Answered[], mode: string): { name?: string; phone?: string; address?: Json } | undefined {
  return found.find((one) => one.type === 'address' && one.values?.mode === mode)?.values as { name?: string; phone?: string; address?: Json } | undefined;
}

function filled(hash: Json): Json {
  return Object.fromEntries(Object.entries(hash).filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

/** Whose card it is: what the fields say, and over that what the merchant's page says. */
function owner(found: Answered[], given: Json): Json {
  const typed = values(found), billing = address(found, 'billing');
  const said = (given.address ?? {}) as Json;
  return filled({
    ...filled({ name: billing?.name ?? typed.name, phone: billing?.phone ?? typed.phone, email: typed.email }), ...given,
    address: { ...filled({ country: typed.country, postal_code: typed.postal_code }), ...filled({ ...billing?.address }), ...said },
  });
}

export function method(found: Answered[], params: Json): Json {
  const { billing_details: given, type: _, card: __, ...rest } = params;
  const typed = values(found);
  return { ...rest, type: 'card', card: Object.fromEntries(FIELDS.filter((name) => name in typed).map((name) => [name, typed[name]])),
    billing_details: owner(found, (given ?? {}) as Json) };
}

export function token(found: Answered[], params: Json): Json {
  const typed = values(found), { name, address: parts } = owner(found, {}) as { name?: string; address?: Json };
  const place = Object.fromEntries(Object.entries(parts ?? {}).map(([part, value]) => [ADDRESS[part], value]));
  return { card: { ...Object.fromEntries(FIELDS.filter((one) => one in typed).map((one) => [one, typed[one]])), ...filled({ name }), ...place, ...params } };
}

/** Where it goes, of an address element of mode shipping. */
export function shipping(found: Answered[]): Json | undefined {
  const goes = address(found, 'shipping');
  return goes && filled({ name: goes.name, phone: goes.phone, address: filled({ ...goes.address }) });
}
