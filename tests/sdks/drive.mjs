// Drives every resource with one version of the official Node package; prints what was reached.
//     node drive.mjs PACKAGE BASE KEY
import assert from 'node:assert';

const [packageName, base, key] = process.argv.slice(2);
const { default: Stripe } = await import(packageName);
const url = new URL(base);
const stripe = new Stripe(key, { host: url.hostname, port: url.port, protocol: 'http', maxNetworkRetries: 0 });
const reached = new Set();

function noted(node, path = '') {
  return new Proxy(node, {
    get(target, name) {
      const value = target[name];
      const here = path ? `${path}.${String(name)}` : String(name);
      if (typeof value === 'function') return (...args) => { reached.add(here); return value.apply(target, args); };
      return typeof value === 'object' && value !== null ? noted(value, here) : value;
    },
  });
}
const v1 = noted(stripe);

async function payments() {
  const customer = await v1.customers.create({ name: 'Ada', email: 'ada@example.com' });
  assert((await v1.customers.update(customer.id, { phone: '+4722334455' })).phone);
  assert.equal((await v1.customers.list({ limit: 1 })).data[0].id, customer.id);
  const method = await v1.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
  await v1.paymentMethods.attach(method.id, { customer: customer.id });
  assert.equal((await v1.paymentMethods.retrieve(method.id)).customer, customer.id);
  await v1.paymentMethods.update(method.id, { metadata: { a: '1' } });
  assert.equal((await v1.paymentMethods.list({ customer: customer.id })).data[0].id, method.id);
  assert.equal((await v1.customers.listPaymentMethods(customer.id)).data[0].id, method.id);
  assert.equal((await v1.customers.retrievePaymentMethod(customer.id, method.id)).id, method.id);

  const held = await v1.paymentIntents.create({
    amount: 2000, currency: 'usd', customer: customer.id, payment_method: method.id, capture_method: 'manual' });
  await v1.paymentIntents.update(held.id, { description: 'one' });
  assert.equal((await v1.paymentIntents.confirm(held.id)).status, 'requires_capture');
  const paid = await v1.paymentIntents.capture(held.id, { amount_to_capture: 1500 });
  assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 1500]);
  const left = await v1.paymentIntents.create({ amount: 900, currency: 'eur' });
  assert.equal((await v1.paymentIntents.cancel(left.id)).status, 'canceled');
  assert.equal((await v1.paymentIntents.retrieve(left.id, { expand: ['latest_charge'] })).status, 'canceled');
  assert.equal((await v1.paymentIntents.list({ limit: 1 })).data[0].id, left.id);
  await assert.rejects(
    v1.paymentIntents.create({ amount: 900, currency: 'usd', confirm: true, payment_method: 'pm_card_visa_chargeDeclined' }),
    (error) => error.type === 'StripeCardError' && error.decline_code === 'generic_decline');

  const charge = await v1.charges.retrieve(paid.latest_charge);
  assert.equal(charge.amount_captured, 1500);
  assert.equal((await v1.charges.list({ payment_intent: paid.id })).data[0].id, charge.id);
  const refund = await v1.refunds.create({ charge: charge.id, amount: 500 });
  await v1.refunds.update(refund.id, { metadata: { a: '1' } });
  assert.equal((await v1.refunds.retrieve(refund.id)).status, 'succeeded');
  assert.equal((await v1.refunds.list({ charge: charge.id })).data[0].id, refund.id);
  await assert.rejects(v1.refunds.cancel(refund.id), (error) => error.statusCode === 400);
  await v1.paymentMethods.detach(method.id);
  assert((await v1.customers.del(customer.id)).deleted);
  await v1.customers.retrieve(customer.id);
  await v1.balance.retrieve();
  const txn = (await v1.balanceTransactions.list({ source: charge.id })).data[0];
  assert.equal((await v1.balanceTransactions.retrieve(txn.id)).net, txn.amount - txn.fee);
}

async function saving() {
  const customer = await v1.customers.create({ payment_method: 'pm_card_visa' });
  let setup = await v1.setupIntents.create({ customer: customer.id });
  await v1.setupIntents.update(setup.id, { payment_method: 'pm_card_mastercard' });
  setup = await v1.setupIntents.confirm(setup.id, { mandate_data: { customer_acceptance: { type: 'offline' } } });
  assert.equal((await v1.setupIntents.retrieve(setup.id)).status, 'succeeded');
  assert.equal((await v1.setupIntents.list({ customer: customer.id })).data[0].id, setup.id);
  assert.equal((await v1.setupAttempts.list({ setup_intent: setup.id })).data[0].status, 'succeeded');
  assert.equal((await v1.mandates.retrieve(setup.mandate)).status, 'active');
  const typed = await v1.setupIntents.create({
    customer: customer.id, confirm: true, payment_method_types: ['us_bank_account'],
    mandate_data: { customer_acceptance: { type: 'offline' } }, payment_method_data: {
      type: 'us_bank_account', billing_details: { name: 'Ada' }, us_bank_account: {
        account_number: '000123456789', routing_number: '110000000', account_holder_type: 'individual' } } });
  assert.equal(typed.next_action.type, 'verify_with_microdeposits');
  const proven = await v1.setupIntents.verifyMicrodeposits(typed.id, { amounts: [32, 45] });
  assert.equal((await v1.mandates.retrieve(proven.mandate)).payment_method_details.type, 'us_bank_account');
  const left = await v1.setupIntents.create();
  assert.equal((await v1.setupIntents.cancel(left.id)).status, 'canceled');
  const made = await v1.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' });
  assert.equal((await v1.confirmationTokens.retrieve(made.id)).payment_intent, null);
  const away = await v1.paymentIntents.create({ amount: 900, currency: 'usd', confirm: true, off_session: true,
    customer: customer.id, payment_method: setup.payment_method });
  assert.equal(away.status, 'succeeded');
  await assert.rejects(v1.tokens.create({ card: { number: '4242424242424242', exp_month: '12', exp_year: '2034' } }),
    (error) => error.code === 'card_number_not_allowed_here');

  const held = await v1.charges.create({ amount: 900, currency: 'usd', source: 'tok_visa', capture: false });
  assert.equal((await v1.charges.capture(held.id, { amount: 800 })).amount_captured, 800);
  assert.equal((await v1.charges.update(held.id, { description: 'Mug' })).description, 'Mug');
  const tax = await v1.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE136695976' });
  await v1.customers.retrieveTaxId(customer.id, tax.id);
  assert.equal((await v1.customers.listTaxIds(customer.id)).data[0].id, tax.id);
  assert((await v1.taxIds.list({ limit: 100, owner: { type: 'customer', customer: customer.id } })).data.some((one) => one.id === tax.id));
  assert((await v1.customers.deleteTaxId(customer.id, tax.id)).deleted);
  const change = await v1.customers.createBalanceTransaction(customer.id, { amount: -500, currency: 'eur' });
  assert.equal((await v1.customers.retrieveBalanceTransaction(customer.id, change.id)).ending_balance, -500);
  await v1.customers.updateBalanceTransaction(customer.id, change.id, { description: 'Goodwill' });
  assert.equal((await v1.customers.listBalanceTransactions(customer.id)).data[0].id, change.id);
}

async function events() {
  const made = await v1.webhookEndpoints.create({ url: 'https://example.com/h', enabled_events: ['refund.created'] });
  await v1.webhookEndpoints.update(made.id, { description: 'two' });
  await v1.webhookEndpoints.retrieve(made.id);
  assert((await v1.webhookEndpoints.list()).data.some((one) => one.id === made.id));
  assert((await v1.webhookEndpoints.del(made.id)).deleted);
  const newest = (await v1.events.list({ limit: 1 })).data[0];
  assert.equal((await v1.events.retrieve(newest.id)).id, newest.id);
}

async function checkout() {
  const price = { currency: 'usd', unit_amount: 500, product_data: { name: 'Mug' } };
  const session = await v1.checkout.sessions.create({
    mode: 'payment', success_url: 'https://example.com/', line_items: [{ price_data: price, quantity: 2 }] });
  assert.equal(session.amount_total, 1000);
  assert.equal((await v1.checkout.sessions.listLineItems(session.id)).data[0].quantity, 2);
  await v1.checkout.sessions.retrieve(session.id);
  assert.equal((await v1.checkout.sessions.expire(session.id)).status, 'expired');
  assert.equal((await v1.checkout.sessions.list({ limit: 1 })).data[0].id, session.id);
}

async function catalog() {
  const rate = await v1.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
  await v1.taxRates.update(rate.id, { active: false });
  await v1.taxRates.retrieve(rate.id);
  assert((await v1.taxRates.list({ active: false })).data.some((one) => one.id === rate.id));
  const product = await v1.products.create({ name: 'Mug', default_price_data: { currency: 'usd', unit_amount: 500 } });
  await v1.products.update(product.id, { description: 'For tea' });
  assert.equal((await v1.products.retrieve(product.id)).default_price, product.default_price);
  assert((await v1.products.list({ active: true })).data.some((one) => one.id === product.id));
  assert((await v1.products.search({ query: `name:"mug" AND created>=${product.created}` })).data.length);
  const price = await v1.prices.create({ product: product.id, currency: 'eur', unit_amount: 450 });
  await v1.prices.update(price.id, { nickname: 'euro' });
  assert.equal((await v1.prices.retrieve(price.id)).unit_amount, 450);
  assert((await v1.prices.list({ product: product.id })).data.some((one) => one.id === price.id));
  const coupon = await v1.coupons.create({ percent_off: 25, duration: 'once' });
  await v1.coupons.update(coupon.id, { name: 'A quarter' });
  assert((await v1.coupons.retrieve(coupon.id)).valid);
  assert((await v1.coupons.list({ limit: 100 })).data.some((one) => one.id === coupon.id));
  const code = await v1.promotionCodes.create({
    promotion: { type: 'coupon', coupon: coupon.id }, code: `QUARTER${coupon.id}` });
  await v1.promotionCodes.update(code.id, { active: false });
  assert(!(await v1.promotionCodes.retrieve(code.id)).active);
  assert((await v1.promotionCodes.list({ coupon: coupon.id })).data.some((one) => one.id === code.id));
  const post = await v1.shippingRates.create({
    display_name: 'Post', type: 'fixed_amount', fixed_amount: { amount: 300, currency: 'usd' } });
  await v1.shippingRates.update(post.id, { active: false });
  assert(!(await v1.shippingRates.retrieve(post.id)).active);
  assert((await v1.shippingRates.list({ active: false })).data.some((one) => one.id === post.id));
}

async function records() {
  const data = { data: Buffer.from('%PDF-1.7'), name: 'evidence.pdf', type: 'application/pdf' };
  const file = await v1.files.create({ purpose: 'dispute_evidence', file: data }, { host: new URL(base).hostname });
  assert.equal((await v1.files.retrieve(file.id)).type, 'pdf');
  const link = await v1.fileLinks.create({ file: file.id });
  assert((await v1.fileLinks.update(link.id, { expires_at: 'now' })).expired);
  assert.equal((await v1.fileLinks.list({ file: file.id })).data[0].id, link.id);
  const own = await v1.accounts.retrieveCurrent();
  assert.equal((await v1.accounts.update(own.id, { metadata: { a: '1' } })).id, own.id);
  assert.equal((await v1.countrySpecs.retrieve('US')).default_currency, 'usd');
  assert.equal((await v1.exchangeRates.retrieve('usd')).rates.usd, 1);
}

async function links() {
  const product = await v1.products.create({ name: 'Mug', default_price_data: { currency: 'usd', unit_amount: 500 } });
  const made = await v1.paymentLinks.create({ line_items: [{ price: product.default_price, quantity: 2 }] });
  assert.equal((await v1.paymentLinks.listLineItems(made.id)).data[0].quantity, 2);
  assert(!(await v1.paymentLinks.update(made.id, { active: false })).active);
  assert(!(await v1.paymentLinks.retrieve(made.id)).active);
  assert((await v1.paymentLinks.list({ active: false })).data.some((one) => one.id === made.id));
}

async function soon(find) {
  for (let times = 0; times < 300; times += 1) {
    const { data } = await find();
    if (data.length) return data[0];
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error('nothing opened');
}

async function disputes() {
  const paid = { amount: 900, currency: 'usd', confirm: true };
  const one = await v1.paymentIntents.create({ ...paid, payment_method: 'pm_card_createDispute' });
  const dispute = await soon(() => v1.disputes.list({ payment_intent: one.id }));
  await v1.disputes.update(dispute.id, { evidence: { product_description: 'A mug' } });
  assert.equal((await v1.disputes.retrieve(dispute.id)).evidence.product_description, 'A mug');
  const other = await v1.paymentIntents.create({ ...paid, payment_method: 'pm_card_createIssuerFraudRecord' });
  const warning = await soon(() => v1.radar.earlyFraudWarnings.list({ payment_intent: other.id }));
  assert((await v1.radar.earlyFraudWarnings.retrieve(warning.id)).actionable);
}

for (const part of [payments, saving, events, checkout, catalog, links, disputes, records]) await part();
console.log(JSON.stringify({ version: Stripe.PACKAGE_VERSION, reached: [...reached].sort() }));
