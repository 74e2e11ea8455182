// What crosses between pages and frames, run by Node's own test runner on the bundled source.
import assert from 'node:assert/strict';
import test from 'node:test';
import { BYTES_MAX, IN, OUT, form, harmless, known, returning } from './built.mjs';

const NUMBERS = ['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242', '378282246310005', '6205500000000000004', '123456789012', '30.5693.0902.5904'];
const looks = (text) => /\d{12,19}/.test(text.replace(/[ .-]/g, '')) || /"(cvc|cvv|csc|number)"/i.test(text);

test('nothing that goes out looks like a number or has the name of a card field', () => {
  for (const number of NUMBERS) {
    for (const message of [
      { type: 'change', value: { postalCode: number } }, { type: 'change', error: { message: `Bad ${number}!` } },
      { type: 'change', value: { name: `x ${number}`, address: { line1: number, deep: [number, { also: number }] } } },
      { type: 'result', call: 'c', ok: { number, cvc: '123', card: { Number: number, CVC: '1234', 'card-number': number } } },
      { type: 'result', call: 'c', ok: Number(number.replace(/\D/g, '')) },
    ]) assert.ok(!looks(JSON.stringify(harmless(message))), JSON.stringify(harmless(message)));
  }
});

test('ids, secrets, amounts and times pass unchanged', () => {
  const ok = { id: 'pi_123456789012345_x', client_secret: 'pi_1_secret_4242424242424242x', amount: 99999999, created: 1893456000, last4: '4242', postal: '10001',
    phone: '+1 201 555 0123', nothing: null, yes: true, list: [1, 'a'] };
  assert.deepEqual(harmless({ type: 'result', call: 'c', ok }), { type: 'result', call: 'c', ok });
});

test('messages are a closed list', () => {
  assert.deepEqual(Object.keys(OUT), ['ready', 'change', 'resize', 'focus', 'blur', 'escape', 'result']);
  for (const good of [{ type: 'focus' }, { type: 'resize', height: 3 }, { type: 'result', call: 'x', ok: {} }]) assert.equal(known(good, OUT), good);
  const round = { type: 'change' };
  round.value = round;
  for (const bad of [null, undefined, 'focus', 1, [], {}, { type: 'other' }, { type: 'constructor' }, { type: '__proto__' }, { type: ['focus'] },
    { type: 'focus', extra: 1 }, { type: 'change', number: '4' }, { type: 'result', call: 'x', ok: 'y'.repeat(BYTES_MAX) }, round]) assert.equal(known(bad, OUT), null);
  assert.equal(known({ type: 'call', call: 'x', method: 'confirm', params: {} }, OUT), null);
  assert.notEqual(known({ type: 'call', call: 'x', method: 'confirm', params: {} }, IN), null);
});

test('parameters are written in brackets', () => {
  assert.equal(decodeURIComponent(String(form({ a: { b: [1, { c: 'd' }] }, e: true, f: null, g: undefined }))), 'a[b][0]=1&a[b][1][c]=d&e=true');
});

test('the way back says how it stands and keeps what was in the address', () => {
  globalThis.location = { href: 'https://shop.example/pay' };
  const url = new URL(returning('/thanks?order=7&redirect_status=failed', 'payment_intent', { id: 'pi_1', client_secret: 'pi_1_secret_2', status: 'processing' }));
  assert.equal(url.href, 'https://shop.example/thanks?order=7&redirect_status=pending&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2');
});
