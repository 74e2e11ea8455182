// What merchants write, against the official types; it is compiled by a test.
import { loadStripe, type PaymentIntent, type Stripe, type StripeCardElementChangeEvent, type StripeError } from './index';

export async function pay(secret: string, at: HTMLElement): Promise<PaymentIntent | StripeError> {
  const stripe = await loadStripe('pk_test_1', { baseUrl: 'http://js.localhost:8421', train: 'endive', locale: 'de' });
  if (!stripe) throw new Error('no page');
  const elements = stripe.elements({ clientSecret: secret, appearance: { theme: 'night', variables: { colorPrimary: '#0f6b4f' }, rules: { '.Input:focus': { color: 'red' } } } });
  const payment = elements.create('payment', { defaultValues: { billingDetails: { name: 'Ada', address: { country: 'GB', postal_code: 'SW1A 1AA' } } } });
  payment.on('ready', () => payment.focus());
  payment.mount(at);
  const { error, paymentIntent } = await stripe.confirmPayment({ elements, redirect: 'if_required' });
  return error ?? paymentIntent;
}

export async function card(stripe: Stripe, secret: string): Promise<string> {
  const elements = stripe.elements();
  const one = elements.create('card', { hidePostalCode: true, style: { base: { color: '#111', '::placeholder': { color: '#777' } } } });
  one.on('change', (event: StripeCardElementChangeEvent) => console.log(event.brand, event.complete, event.error?.code, event.value.postalCode));
  const { setupIntent } = await stripe.confirmCardSetup(secret, { payment_method: { card: one, billing_details: { email: 'a@b.example' } } });
  const { paymentMethod } = await stripe.createPaymentMethod({ type: 'card', card: one });
  const { token } = await stripe.createToken(one, { name: 'Ada' });
  return [setupIntent?.id, paymentMethod?.id, token?.id].join();
}

export async function deferred(stripe: Stripe, fetched: () => Promise<string>): Promise<void> {
  const elements = stripe.elements({ mode: 'payment', amount: 2000, currency: 'usd' });
  elements.create('address', { mode: 'shipping', allowedCountries: ['US'] });
  elements.create('linkAuthentication');
  const { error } = await elements.submit();
  if (error) return;
  const { confirmationToken } = await stripe.createConfirmationToken({ elements });
  console.log(confirmationToken?.payment_method_preview.card?.last4);
  await stripe.confirmPayment({ elements, clientSecret: await fetched(), confirmParams: { return_url: 'https://shop.example/thanks' } });
  await stripe.handleNextAction({ clientSecret: await fetched() });
}
