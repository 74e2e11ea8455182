// Confirming: ask the controller, show the bank's check where there is one, tell how it stands.

import type { Json, StripeError } from '../shared/wire';
import { challenge } from './challenge';
import type { Answer, Controller } from './controller';
import type { Kind } from './returning';

const CHECKS_MAX = 5;
const NAMES = { payment_intent: 'paymentIntent', setup_intent: 'setupIntent' };

export interface Wanted {
  object: Kind;
  client_secret: string;
  elements?: string[];
  params?: Json;
  expected?: Json | null;
}

/** {paymentIntent}, {setupIntent} or {error}. */
export async function confirm(controller: Controller, wanted: Wanted, actions = true): Promise<Json> {
  return told(wanted.object, await followed(controller, wanted, await controller.call('confirm', wanted), actions));
}

/** Go on with an intent that waits for its shopper. */
export async function next(controller: Controller, object: Kind, client_secret: string, must = false): Promise<Json> {
  const now = await controller.call('retrieve', { object, client_secret });
  if (!now.error && must && now.ok.intent.status !== 'requires_action') {
    return { error: { type: 'invalid_request_error', code: `${object}_unexpected_state`,
      message: `This ${object === 'payment_intent' ? 'PaymentIntent' : 'SetupIntent'} is ${now.ok.intent.status}; there is an action to handle only while it is requires_action.`,
      [object]: now.ok.intent } };
  }
  return told(object, await followed(controller, { object, client_secret }, now, true));
}

async function followed(controller: Controller, { object, client_secret }: Wanted, first: Answer, actions: boolean): Promise<Answer> {
  let answer = first;
  for (let check = 0; actions && check < CHECKS_MAX && answer.ok?.challenge; check += 1) {
    const outcome = await challenge(controller, answer.ok.challenge);
    answer = await controller.call('settle', { object, client_secret, challenge: answer.ok.challenge, outcome });
  }
  return answer;
}

function told(object: Kind, answer: Answer): Json {
  if (answer.error) return { error: answer.error };
  const { intent } = answer.ok as { intent: Json };
  const failed = intent[object === 'payment_intent' ? 'last_payment_error' : 'last_setup_error'] as StripeError | null;
  if (intent.status === 'requires_payment_method' && failed) return { error: { ...failed, [object]: intent } };
  return { [NAMES[object]]: intent };
}
