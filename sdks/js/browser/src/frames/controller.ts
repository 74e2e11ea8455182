// The controller: collects what was typed from the elements' frames, gives cards to the vault, and tells the page what came
// of it. The page can ask for a closed list of things, and never for what was typed.

import type { Json, StripeError } from '../shared/wire';
import { ask, type Answer, type Who } from './api';
import { asking, channel, type Answered } from './channel';
import { confirm, retrieve, settle, unexpected, type Kind } from './intents';
import { method, shipping, token } from './collected';
import { connect, place, type Host } from './port';

type Params = Json & { elements?: string[]; params?: Json; object?: Kind; client_secret?: string };
type Work = (params: Params) => Promise<Answer>;

function works(host: Host, who: Who): Record<string, Work> {
  const line = channel(host.birth);
  const silent: StripeError = { type: 'api_error', message: 'A field did not answer. Reload the page and try again.' };

  async function typed(asked: 'collect' | 'validate', elements: string[] = []): Promise<{ found?: Answered[]; error?: StripeError }> {
    const found = await asking(host.birth, line, asked, elements.map(String));
    const error = found ? found.find((one) => one.error)?.error : silent;
    return error ? { error } : { found: found! };
  }

  const kept = (params: Json): Promise<Answer> => ask(who, 'POST', `${location.origin}/v1/payment_methods`, params);

  async function made({ elements, params = {} }: Params): Promise<Answer> {
    if (!elements) return kept(params);
    const { found, error } = await typed('collect', elements);
    return error ? { error } : kept(method(found!, params));
  }

  /** What a confirmation says, with an id where a card was. */
  async function named({ elements, params = {} }: Params): Promise<Answer> {
    if (!elements) return { ok: params };
    const { payment_method_data: data, ...rest } = params;
    const { found, error } = await typed('collect', elements);
    if (error) return { error };
    const { ok, error: refused } = await kept(method(found!, (data as Json | undefined) ?? {}));
    const goes = shipping(found!);
    return refused ? { error: refused } : { ok: { ...(goes ? { shipping: goes } : {}), ...rest, payment_method: ok.id } };
  }

  return {
    validate: async ({ elements }) => {
      const { error } = await typed('validate', elements);
      return error ? { error } : { ok: {} };
    },
    create_payment_method: made,
    create_token: async ({ elements, params = {} }) => {
      const { found, error } = await typed('collect', elements);
      return error ? { error } : ask(who, 'POST', `${location.origin}/v1/tokens`, token(found!, params));
    },
    create_confirmation_token: async (params) => {
      const { ok, error } = await named(params);
      return error ? { error } : ask(who, 'POST', `${place.api}/v1/confirmation_tokens`, ok);
    },
    confirm: async (params) => {
      const { object, client_secret: secret, expected } = params as Params & { object: Kind; client_secret: string; expected?: Json };
      const wrong = expected ? await unexpected(who, object, secret, expected) : null;
      if (wrong) return wrong;
      const { ok, error } = await named(params);
      if (error) return { error };
      if (object === 'setup_intent') delete ok.shipping;
      return confirm(who, object, secret, ok);
    },
    retrieve: ({ object, client_secret: secret }) => retrieve(who, object!, secret!),
    settle: ({ object, client_secret: secret, challenge, outcome }) => settle(who, object!, secret!, String(challenge), String(outcome)),
  };
}

let known: Record<string, Work> = {};

connect((host, message) => {
  if (message.type === 'init') {
    const options = (message.options ?? {}) as { apiVersion?: string; stripeAccount?: string };
    known = works(host, { key: host.birth.key, version: options.apiVersion, account: options.stripeAccount });
  }
  if (message.type !== 'call' || typeof message.method !== 'string' || !Object.prototype.hasOwnProperty.call(known, message.method)) return;
  const { call } = message;
  known[message.method]!((message.params ?? {}) as Params)
    .catch((): Answer => ({ error: { type: 'api_error', message: 'Something went wrong in the payment service. Nothing was charged by this; please try again.' } }))
    .then(({ ok, error }) => host.send('result', error ? { call, error } : { call, ok }));
});
