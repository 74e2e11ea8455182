"""SetupIntents: create, read, change, confirm, cancel. Nothing is charged; the issuer is asked before a card is kept,
and a bank account whose number was typed is proven by microdeposits.

What asks the outside (the challenge, the account verification) runs first, then one transaction writes all of it. Two
confirmations at once both ask, which moves no money, and the row's version lets only one of them write.
"""

from backend import fixed, ids
from backend.authentications import three_d_secure
from backend.context import Context
from backend.crypto import same
from backend.customers import microdeposits, payment_methods, supplies, verifications
from backend.db import Connection
from backend.errors import CardError, InvalidRequest, NotFound
from backend.events import events
from backend.metadata import merged
from backend.networks import routing
from backend.payments import debits
from backend.resources import resources
from backend.risk import brakes
from backend.setups import accounts, steps
from backend.setups.states import Happening, Setup, after, require
from backend.setups.steps import Row, Step

SETUP = steps.SETUP
_AT_CONFIRM = ("return_url", "mandate_data", "single_use", "payment_method_options")
_CURRENCY = "usd"
"""What the issuer is shown with an authentication for nothing."""


def _new_row(params: Row, id: str) -> Row:
    automatic = params.get("automatic_payment_methods")
    return {
        "id": id, "checkout_session": params.get("checkout_session"), "client_secret": ids.client_secret(id),
        "status": Setup.NONE.value, "version": 1,
        "usage": params.get("usage") or "off_session", "customer": params.get("customer") or None,
        "description": params.get("description") or None, "metadata": merged({}, params.get("metadata")),
        "payment_method": None, "payment_method_types": debits.types(params),
        "automatic_payment_methods": automatic and {
            "allow_redirects": automatic.get("allow_redirects") or "always", "enabled": automatic["enabled"]},
        "payment_method_options": _options(params), "return_url": None, "mandate_data": None, "single_use": None,
        "last_setup_error": None, "next_action": None, "latest_attempt": None, "mandate": None,
        "single_use_mandate": None, "cancellation_reason": None}


def _options(params: Row) -> Row:
    given = params.get("payment_method_options") or {}
    return {**{name: given[name] for name in ("us_bank_account",) if given.get(name)},
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic",
                     **(given.get("card") or {})}}


async def create(ctx: Context, params: Row) -> Row:
    """A new setup intent; with `confirm` the method is set up at once. Writes setup_intent.created.

    Raises InvalidRequest, NotFound, CardError (the issuer refused), ApiError (nothing written, try again).
    """
    id = ids.new("seti", ctx.env)
    params = await supplies.taken(ctx, params, id)
    method = None
    if params.get("payment_method"):
        method = await payment_methods.load(ctx, params["payment_method"])
        _check_owner(method, params.get("customer"))
    if "payment_method_types" not in params:
        params = {"automatic_payment_methods": {"enabled": True}, **params}
    step = Step(_new_row(params, id), new=True)
    if params.get("confirm"):
        if method is None:
            raise InvalidRequest("You must provide a payment method when confirming: pass payment_method.",
                                 code="parameter_missing", param="payment_method")
        return await _confirm(ctx, step, method, params)
    change = {"status": after(step.row["status"], Happening.GIVE_METHOD if method else Happening.CREATE),
              "payment_method": method and method["id"],
              **{name: params[name] for name in _AT_CONFIRM[:3] if params.get(name)}}
    return await steps.write(ctx, step, change, [])


async def prepare(ctx: Context, tx: Connection, params: Row) -> Row:
    """Insert an intent inside the caller's transaction (a checkout session's); writes setup_intent.created."""
    row = _new_row(params, ids.new("seti", ctx.env))
    row["status"] = after(row["status"], Happening.CREATE)
    shown = await resources.create(ctx, tx, SETUP, row, id=row["id"])
    await events.record(ctx, tx, type="setup_intent.created", obj=shown)
    return shown


async def get(ctx: Context, id: str, client_secret: str | None = None) -> Row:
    """One setup intent. A publishable key must hold its client secret; raises NotFound otherwise."""
    return steps.shape(ctx, (await _read(ctx, id, client_secret)).row)


async def find(ctx: Context, params: Row) -> Row:
    """A page of setup intents, newest first; filters customer, payment_method, created."""
    return await resources.find(ctx, SETUP, params)


async def attempts(ctx: Context, params: Row) -> Row:
    """A page of the tries of one setup intent, newest first; raises NotFound for an unknown intent."""
    await resources.row(ctx, SETUP, params["setup_intent"], "setup_intent")
    return await resources.find(ctx, steps.ATTEMPT, params)


async def update(ctx: Context, id: str, params: Row) -> Row:
    """Change an intent that is still open; its description and metadata also later."""
    step = await _read(ctx, id, params.get("client_secret"))
    row = step.row
    if set(params) - {"metadata", "description", "client_secret"}:
        require("update", row["status"], steps.shape(ctx, row))
        _check_session(row, False, "update")
    params = await supplies.taken(ctx, params, id)
    fixed.require("SetupIntent", row, params, {"customer": "customer"})
    change: Row = {name: params[name] or None for name in ("description", "customer") if name in params}
    change |= {name: params[name] for name in ("payment_method_types",) if name in params}
    if "payment_method_options" in params:
        change["payment_method_options"] = _options(params)
    if "metadata" in params:
        change["metadata"] = merged(row["metadata"], params["metadata"])
    if params.get("payment_method"):
        method = await payment_methods.load(ctx, params["payment_method"])
        _check_owner(method, change.get("customer", row["customer"]))
        change |= {"payment_method": method["id"], "status": after(row["status"], Happening.GIVE_METHOD),
                   "next_action": None, "mandate_data": _word(row, method)}
    return await steps.write(ctx, step, change, [])


async def confirm(ctx: Context, id: str, params: Row, *, by_session: bool = False) -> Row:
    """Set the method up: authenticate a card where it asks for that and ask its issuer whether it may be kept; have a
    bank account proven that is not."""
    step = await _read(ctx, id, params.get("client_secret"))
    require("confirm", step.row["status"], steps.shape(ctx, step.row))
    _check_session(step.row, by_session, "confirm")
    params = await supplies.taken(ctx, params, id)
    given = params.get("payment_method") or step.row["payment_method"]
    if not given:
        raise InvalidRequest(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a "
            "payment method or pass payment_method here.", code="setup_intent_unexpected_state",
            param="payment_method")
    return await _confirm(ctx, step, await payment_methods.load(ctx, given), params)


async def _confirm(ctx: Context, step: Step, method: Row, params: Row) -> Row:
    _check_owner(method, step.row["customer"])
    if method["type"] not in step.row["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this SetupIntent. Use one of the "
            f"following types: {', '.join(step.row['payment_method_types'])}; or list {method['type']} in "
            "payment_method_types.", code="payment_method_unsupported_type", param="payment_method")
    step.row["mandate_data"] = _word(step.row, method)
    step.row |= {name: params[name] for name in _AT_CONFIRM[:3] if params.get(name)}
    if "payment_method_options" in params:
        step.row["payment_method_options"] = _options(params)
    kept = {name: step.row[name] for name in _AT_CONFIRM} | {"payment_method": method["id"]}
    if routing.is_collected(method):
        next_action, error = await accounts.prepare(ctx, step.row, method)
        if error:
            return await failed(ctx, step, method, error, change=kept)
        return await (_waits(ctx, step, method, kept, next_action) if next_action
                      else conclude(ctx, step, method, None, change=kept))
    asked = step.row["payment_method_options"]["card"]["request_three_d_secure"]
    if three_d_secure.needed(ctx, method, asked):
        return await _authenticate(ctx, step, method, kept)
    try:
        return await conclude(ctx, step, method, None, change=kept)
    except brakes.Authenticate:
        if three_d_secure.needed(ctx, method, "any"):
            return await _authenticate(ctx, step, method, kept)
        return await conclude(ctx, step, method, None, change=kept, authenticated=True)


async def _authenticate(ctx: Context, step: Step, method: Row, kept: Row) -> Row:
    """Ask the card's issuer first; the card is kept when it has nothing to ask its cardholder."""
    id, brake = ids.new("tdss", ctx.env), brakes.of(ctx, step.row["id"], method)
    await brakes.count(ctx, brakes.begin(ctx, brake, authenticated=True))
    status = ""
    try:
        reference, answer = await three_d_secure.ask(ctx, method, id, 0, _CURRENCY)
        status = answer["trans_status"]
    finally:
        if brake:
            counted, waits = brakes.rest(ctx, brake) if status == "C" else ([], brake)
            await brakes.count(ctx, counted + brakes.end(ctx, waits, declined=status in ("N", "R")))
    if status == "C":
        return await _challenged(ctx, step, method, kept, id, reference, answer)
    if status in ("N", "R"):
        return await failed(ctx, step, method, three_d_secure.failure(
            ctx, method, code="setup_intent_authentication_failure"), change=kept)
    return await conclude(ctx, step, method, three_d_secure.proof(answer, "frictionless"), change=kept,
                          authenticated=True)


async def _challenged(ctx: Context, step: Step, method: Row, kept: Row, id: str, reference: str, answer: Row) -> Row:
    record = {"id": id, "setup_intent": step.row["id"], "payment_method": method["id"], "status": "challenge",
              "three_ds_server_trans_id": reference, "acs_transaction_id": answer["acs_transaction_id"],
              "acs_url": answer["acs_url"], "ds_transaction_id": answer.get("ds_transaction_id"), "amount": 0,
              "currency": _CURRENCY, "return_url": step.row["return_url"]}
    return await _waits(ctx, step, method, kept, three_d_secure.next_action(ctx, id, step.row["return_url"]), record)


async def _waits(ctx: Context, step: Step, method: Row, kept: Row, next_action: Row,
                 authentication: Row | None = None) -> Row:
    """The customer must do something first; the try waits for that."""
    change = kept | {"status": after(step.row["status"], Happening.CHALLENGE), "last_setup_error": None,
                     "next_action": next_action}
    return await steps.write(ctx, step, change, ["setup_intent.requires_action"], authentication=authentication,
                             attempt=steps.attempt(ctx, step, method, "requires_action", {}, None))


async def verify_microdeposits(ctx: Context, id: str, params: Row) -> Row:
    """Tell what two small deposits were; when it is right the account is proven, and kept."""
    step = await _read(ctx, id, params.get("client_secret"))
    if not microdeposits.awaited(step.row["next_action"]):
        raise InvalidRequest("This SetupIntent does not wait for microdeposits to be verified: its next_action is not "
                             "verify_with_microdeposits.", code="setup_intent_unexpected_state")
    method = await payment_methods.load(ctx, step.row["payment_method"])
    found = await microdeposits.verify(ctx, method, params)
    if found == "verified":
        return await conclude(ctx, step, method, None)
    return await failed(ctx, step, method, microdeposits.failure(ctx, method, found))


async def conclude(ctx: Context, step: Step, method: Row, proof: Row | None, *, change: Row | None = None,
                   authentication: Row | None = None, authenticated: bool = False) -> Row:
    """Ask the issuer for its word on a card, then write what follows: the method is kept, or the setup failed.

    Without the `change` that a confirmation brings, the try that waited for the customer goes on.
    """
    by_bank = routing.is_collected(method)
    mandate = await accounts.agreed(ctx, step.row, method) if by_bank else None
    try:
        checks = {} if by_bank else await _verified(ctx, step, method, proof, authenticated)
    except CardError as refused:
        error = {"type": "card_error", "code": refused.code, "message": refused.message, **refused.extra,
                 **({"param": refused.param} if refused.param else {}),
                 "doc_url": f"{ctx.settings.api_base}/docs/errors#{refused.code}"}
        return await failed(ctx, step, method, error, change=change, authentication=authentication, proof=proof)
    goes_on = change is None
    change = {**(change or {}), "status": after(step.row["status"], Happening.SUCCEED), "last_setup_error": None,
              "next_action": None, "payment_method": method["id"], "mandate": mandate}
    return await steps.write(ctx, step, change, ["setup_intent.succeeded"], keeps=method, authentication=authentication,
                             attempt=steps.attempt(ctx, step, method, "succeeded", checks, proof, goes_on=goes_on))


async def _verified(ctx: Context, step: Step, method: Row, proof: Row | None, authenticated: bool) -> Row:
    brake = brakes.of(ctx, step.row["id"], method)
    async with brakes.trying(ctx, brake, authenticated=authenticated):
        return await verifications.verify(ctx, method, proof)


async def failed(ctx: Context, step: Step, method: Row, error: Row, *, change: Row | None = None,
                 authentication: Row | None = None, proof: Row | None = None) -> Row:
    """The method was refused: the intent waits for another, and for a new word on it; raises CardError once that is
    written."""
    made = steps.attempt(ctx, step, method, "failed", {}, proof, goes_on=change is None)
    change = {**(change or {}), "status": after(step.row["status"], Happening.FAIL), "last_setup_error": error,
              "next_action": None, "payment_method": None, "mandate_data": None}
    made["setup_error"] = error
    return await steps.write(ctx, step, change, ["setup_intent.setup_failed"], error=error, attempt=made,
                             authentication=authentication)


async def cancel(ctx: Context, id: str, params: Row, *, by_session: bool = False) -> Row:
    """Give it up; a challenge that is open leads nowhere then, and deposits prove nothing."""
    step = await _read(ctx, id)
    require("cancel", step.row["status"], steps.shape(ctx, step.row))
    _check_session(step.row, by_session, "cancel")
    change = {"status": after(step.row["status"], Happening.CANCEL), "next_action": None,
              "cancellation_reason": params.get("cancellation_reason") or None}
    return await steps.write(ctx, step, change, ["setup_intent.canceled"])


async def _read(ctx: Context, id: str, client_secret: str | None = None) -> Step:
    row = await resources.row(ctx, SETUP, id, "intent")
    if (ctx.publishable or client_secret) and not same(row["client_secret"], client_secret or ""):
        raise NotFound(SETUP.object.name, id, "intent")
    return Step(row)


def _check_session(row: Row, by_session: bool, verb: str) -> None:
    if row.get("checkout_session") and not by_session:
        raise InvalidRequest(f"This SetupIntent belongs to Checkout Session '{row['checkout_session']}', so it is "
                             f"{verb}ed there and not directly.", code="setup_intent_unexpected_state")


def _word(row: Row, method: Row) -> Row | None:
    """What the customer agreed to, as far as it speaks of this method and not of one that was given before."""
    word: Row | None = row["mandate_data"] if row["payment_method"] in (None, method["id"]) else None
    return word


def _check_owner(method: Row, customer: str | None) -> None:
    if method["customer_id"] and method["customer_id"] != customer:
        raise InvalidRequest("The PaymentMethod you provided belongs to a Customer; pass that same Customer on the "
                             "SetupIntent to use it.", param="payment_method")
    payment_methods.check_fresh(method)

