"""Bad requests about setups, tokens, charges, tax ids and balances: one table. Others' objects look like nothing."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests import builders
from tests.conformance import clients
from tests.stack import ROOT, Stack

CARD = "4242424242424242"
SI, CH, CT, TOK = ("POST /v1/setup_intents", "POST /v1/charges", "POST /v1/test_helpers/confirmation_tokens",
                   "POST /v1/tokens")
PI, CUS = "POST /v1/payment_intents", "POST /v1/customers"
OK_PI, STATE = "amount=1000&currency=usd", "setup_intent_unexpected_state"
TAX, BAL = "POST /v1/customers/{customer}/tax_ids", "POST /v1/customers/{customer}/balance_transactions"
UNKNOWN, ENUM, MISSING, HASH = ("parameter_unknown", "parameter_invalid_enum", "parameter_missing",
                                "parameter_invalid_hash")

# request, form or query, code, param; status 400 unless the code says otherwise
REFUSED = [
    # setup intents
    (SI, "usage=sometimes", ENUM, "usage"),
    (SI, "usage=off-session", ENUM, "usage"),
    (SI, "amount=100", UNKNOWN, "amount"),
    (SI, "costumer={customer}", UNKNOWN, "costumer"),
    (SI, "confirm=true", MISSING, "payment_method"),
    (SI, "confirm=yes", "parameter_invalid_boolean", "confirm"),
    (SI, "customer=cus_nobody", "resource_missing", "customer"),
    (SI, "payment_method=pm_nobody", "resource_missing", "payment_method"),
    (SI, "payment_method={attached}", None, "payment_method"),
    (SI, "payment_method={detached}", "payment_method_unexpected_state", "payment_method"),
    (SI, "payment_method_types[]=sofort", ENUM, "payment_method_types[0]"),
    (SI, "payment_method_types[]=card&allowed_payment_method_types[]=card", "parameters_exclusive",
     "allowed_payment_method_types"),
    (SI, "payment_method=pm_card_visa&payment_method_data[type]=card&payment_method_data[card][token]=tok_visa",
     "parameters_exclusive", "payment_method_data"),
    (SI, "payment_method=pm_card_visa&confirmation_token=ctoken_x", "parameters_exclusive", "confirmation_token"),
    (SI, "payment_method_data[type]=cardd&payment_method_data[card][token]=tok_visa", ENUM,
     "payment_method_data[type]"),
    (SI, "payment_method_data[card][token]=tok_visa", MISSING, "payment_method_data[type]"),
    (SI, "payment_method_data[type]=card", MISSING, "payment_method_data[card]"),
    (SI, "payment_method_data[type]=card&payment_method_data[card][token]=tok_nobody", "resource_missing",
     "payment_method_data[card][token]"),
    (SI, f"payment_method_data[type]=card&payment_method_data[card][number]={CARD}", "card_number_not_allowed_here",
     "payment_method_data[card][number]"),
    (SI, "single_use[amount]=500", MISSING, "single_use[currency]"),
    (SI, "mandate_data[customer_acceptance][online][ip_address]=1", MISSING, "mandate_data[customer_acceptance][type]"),
    (SI, "return_url=javascript:alert(1)", "url_invalid", "return_url"),
    (SI, "payment_method_options[card][request_three_d_secure]=always", ENUM,
     "payment_method_options[card][request_three_d_secure]"),
    (SI, "metadata=x", HASH, "metadata"),
    ("GET /v1/setup_intents", "limit=0", "parameter_invalid_integer", "limit"),
    ("GET /v1/setup_intents", "status=succeeded", UNKNOWN, "status"),
    ("GET /v1/setup_attempts", "", MISSING, "setup_intent"),
    ("GET /v1/setup_attempts", "setup_intent=seti_nobody", "resource_missing", "setup_intent"),
    ("GET /v1/setup_intents/seti_nobody", "", "resource_missing", "intent"),
    ("GET /v1/mandates/mandate_nobody", "", "resource_missing", "mandate"),
    ("POST /v1/setup_intents/{setup}/confirm", "", STATE, "payment_method"),
    ("POST /v1/setup_intents/{setup}/confirm", "usage=on_session", UNKNOWN, "usage"),
    ("POST /v1/setup_intents/{setup}/cancel", "cancellation_reason=fraudulent", ENUM, "cancellation_reason"),
    ("POST /v1/setup_intents/{done}/confirm", "payment_method=pm_card_visa", STATE, None),
    ("POST /v1/setup_intents/{done}/cancel", "", STATE, None),
    ("POST /v1/setup_intents/{done}", "payment_method=pm_card_visa", STATE, None),
    ("POST /v1/setup_intents/{gone}/confirm", "payment_method=pm_card_visa", STATE, None),
    (SI, "confirm=true&payment_method=pm_card_visa&payment_method_types[]=sepa_debit",
     "payment_method_unsupported_type", "payment_method"),
    (SI, "confirm=true&payment_method=pm_sepaDebit_success_de", "setup_intent_mandate_invalid", "mandate_data"),
    (SI, "payment_method_options[us_bank_account][verification_method]=instant", ENUM,
     "payment_method_options[us_bank_account][verification_method]"),
    (SI, "payment_method_options[sepa_debit][mandate_options][reference_prefix]=A", UNKNOWN,
     "payment_method_options[sepa_debit]"),
    ("POST /v1/setup_intents/{setup}/verify_microdeposits", "", MISSING, "amounts"),
    ("POST /v1/setup_intents/{setup}/verify_microdeposits", "amounts[]=32&amounts[]=45", STATE, None),
    ("POST /v1/setup_intents/{done}/verify_microdeposits", "descriptor_code=SM11AA", STATE, None),
    ("POST /v1/setup_intents/{setup}/verify_microdeposits", "amounts[]=32&amounts[]=100", "parameter_invalid_integer",
     "amounts[1]"),
    # tokens
    (TOK, f"card[number]={CARD}&card[exp_month]=12", "card_number_not_allowed_here", "card[number]"),
    (TOK, "card=tok_visa", "card_number_not_allowed_here", "card"),
    (TOK, "", MISSING, "card"),
    (TOK, "bank_account[country]=US", UNKNOWN, "bank_account"),
    ("GET /v1/tokens/tok_nobody", "", "resource_missing", "token"),
    ("GET /v1/tokens/tok_visa", "", "resource_missing", "token"),
    (CT, "", MISSING, "payment_method"),
    (CT, "payment_method=pm_nobody", "resource_missing", "payment_method"),
    (CT, "payment_method=pm_card_visa&setup_future_usage=maybe", ENUM, "setup_future_usage"),
    ("GET /v1/confirmation_tokens/ctoken_nobody", "", "resource_missing", "confirmation_token"),
    (PI, f"{OK_PI}&confirmation_token={{ctoken}}", "parameter_invalid_combination", "confirmation_token"),
    ("POST /v1/payment_intents/{open}/confirm", "confirmation_token=ctoken_nobody", "resource_missing",
     "confirmation_token"),
    ("POST /v1/payment_intents/{open}/confirm", "confirmation_token={spent}", "confirmation_token_used",
     "confirmation_token"),
    # payment intents
    (PI, f"{OK_PI}&payment_method=pm_x&payment_method_data[type]=card&payment_method_data[card][token]=tok_visa",
     "parameters_exclusive", "payment_method_data"),
    (PI, f"{OK_PI}&confirm=true&payment_method_data[type]=card&payment_method_data[card][number]={CARD}",
     "card_number_not_allowed_here", "payment_method_data[card][number]"),
    ("POST /v1/payment_intents/{held}/capture", "final_capture=false", "capture_not_final", "final_capture"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=2000", "incremental_authorization_unavailable",
     None),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=900", "amount_too_small", "amount"),
    ("POST /v1/payment_intents/{open}/increment_authorization", "amount=2000", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{open}/increment_authorization", "", MISSING, "amount"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=0", "parameter_invalid_integer", "amount"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=20.5", "parameter_invalid_integer", "amount"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=100000000", "amount_too_large", "amount"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=2000&metadata=x", "parameter_invalid_hash",
     "metadata"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=2000&statement_descriptor=1",
     "parameter_invalid_string", "statement_descriptor"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=2000&application_fee_amount=1", UNKNOWN,
     "application_fee_amount"),
    ("POST /v1/payment_intents/{held}/increment_authorization", "amount=2000&transfer_data[amount]=1", UNKNOWN,
     "transfer_data"),
    (PI, f"{OK_PI}&payment_method_options[card][request_multicapture]=always", ENUM,
     "payment_method_options[card][request_multicapture]"),
    (PI, f"{OK_PI}&payment_method_options[card][request_incremental_authorization]=1", ENUM,
     "payment_method_options[card][request_incremental_authorization]"),
    ("POST /v1/payment_intents/{open}/apply_customer_balance", "", "payment_intent_unexpected_state", None),
    # charges
    (CH, OK_PI, MISSING, "source"),
    (CH, f"{OK_PI}&source=tok_nobody", "resource_missing", "source"),
    (CH, f"{OK_PI}&customer=cus_nobody", "resource_missing", "customer"),
    (CH, f"{OK_PI}&customer={{empty}}", "missing", "customer"),
    (CH, "amount=49&currency=usd&source=tok_visa", "amount_too_small", "amount"),
    (CH, f"{OK_PI}&source=tok_visa&capture=later", "parameter_invalid_boolean", "capture"),
    (CH, f"{OK_PI}&source=tok_visa&statement_descriptor=123", "parameter_invalid_string", "statement_descriptor"),
    (CH, f"{OK_PI}&source=tok_visa&application_fee_amount=1", UNKNOWN, "application_fee_amount"),
    ("POST /v1/charges/{charge}", "amount=1", UNKNOWN, "amount"),
    ("POST /v1/charges/{charge}", "fraud_details[user_report]=maybe", ENUM, "fraud_details[user_report]"),
    ("POST /v1/charges/{charge}/capture", "", "charge_already_captured", None),
    ("POST /v1/charges/{heldcharge}/capture", "amount=5000", "amount_too_large", "amount"),
    ("POST /v1/charges/ch_nobody/capture", "", "resource_missing", "charge"),
    # customers
    (CUS, "tax_exempt=yes", ENUM, "tax_exempt"),
    (CUS, "balance=lots", "parameter_invalid_integer", "balance"),
    (CUS, "invoice_prefix=ab", "parameter_invalid_string", "invoice_prefix"),
    (CUS, "payment_method=pm_nobody", "resource_missing", "payment_method"),
    (CUS, "invoice_settings[default_payment_method]={attached}", "resource_missing",
     "invoice_settings[default_payment_method]"),
    (CUS, "tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=nonsense", "tax_id_invalid", "tax_id_data[0][value]"),
    (TAX, "type=eu_vat", MISSING, "value"),
    (TAX, "type=eu_vats&value=DE123456789", ENUM, "type"),
    (TAX, "type=eu_vat&value=DE1", "tax_id_invalid", "value"),
    (TAX, "type=us_ein&value=1", "tax_id_invalid", "value"),
    (TAX, "type=zm_tin&value=-", "tax_id_invalid", "value"),
    ("POST /v1/tax_ids", "type=us_ein&value=12-3456789&owner[type]=customer", MISSING, "owner[customer]"),
    ("POST /v1/tax_ids", "type=us_ein&value=12-3456789&owner[customer]={customer}", MISSING, "owner[type]"),
    ("POST /v1/tax_ids", "type=us_ein&value=12-3456789&owner[type]=self&owner[customer]={customer}",
     "parameter_invalid_combination", "owner[customer]"),
    ("POST /v1/tax_ids", "type=us_ein&value=1", "tax_id_invalid", "value"),
    ("GET /v1/tax_ids", "owner[type]=customer", MISSING, "owner[customer]"),
    ("GET /v1/customers/cus_nobody/tax_ids", "", "resource_missing", "customer"),
    ("DELETE /v1/customers/{customer}/tax_ids/txi_nobody", "", "resource_missing", "id"),
    (BAL, "amount=100", MISSING, "currency"),
    (BAL, "amount=0&currency=usd", "parameter_invalid_integer", "amount"),
    (BAL, "amount=1.5&currency=usd", "parameter_invalid_integer", "amount"),
    (BAL, "amount=-1000000000&currency=usd", "parameter_invalid_integer", "amount"),
    (BAL, "amount=100&currency=eur", "customer_balance_currency_mismatch", "currency"),
    ("POST /v1/customers/{customer}/balance_transactions/{balance}", "amount=5", UNKNOWN, "amount"),
    ("GET /v1/customers/{customer}/balance_transactions/cbtxn_nobody", "", "resource_missing", "id"),
    ("GET /v1/customers/{empty}/balance_transactions/{balance}", "", "resource_missing", "id"),
]

# Another merchant's object and one that never was give the same bytes. {x} is the id under test.
THEIRS = [
    ("GET /v1/setup_intents/{x}", "", "setup"), ("POST /v1/setup_intents/{x}", "description=mine", "setup"),
    ("POST /v1/setup_intents/{x}/confirm", "payment_method=pm_card_visa", "setup"),
    ("POST /v1/setup_intents/{x}/verify_microdeposits", "descriptor_code=SM11AA", "setup"),
    ("POST /v1/setup_intents/{x}/cancel", "", "setup"), ("GET /v1/setup_attempts", "setup_intent={x}", "setup"),
    (SI, "customer={x}", "customer"), (SI, "payment_method={x}", "attached"),
    ("POST /v1/setup_intents/{setup}/confirm", "payment_method={x}", "attached"),
    ("GET /v1/mandates/{x}", "", "mandate"), ("GET /v1/tokens/{x}", "", "token"),
    (SI, "payment_method_data[type]=card&payment_method_data[card][token]={x}", "token"),
    ("POST /v1/payment_methods", "type=card&card[token]={x}", "token"), (CH, f"{OK_PI}&source={{x}}", "token"),
    ("GET /v1/confirmation_tokens/{x}", "", "ctoken"),
    ("POST /v1/payment_intents/{open}/confirm", "confirmation_token={x}", "ctoken"),
    (CT, "payment_method={x}", "attached"),
    ("POST /v1/charges/{x}", "description=mine", "charge"), ("POST /v1/charges/{x}/capture", "", "heldcharge"),
    (CH, f"{OK_PI}&customer={{x}}", "customer"), (CH, f"{OK_PI}&source={{x}}", "attached"),
    ("POST /v1/payment_intents/{x}/increment_authorization", "amount=2000", "held"),
    ("POST /v1/payment_intents/{x}/apply_customer_balance", "", "held"),
    ("GET /v1/customers/{x}/tax_ids", "", "customer"),
    ("POST /v1/customers/{x}/tax_ids", "type=us_ein&value=12-3456789", "customer"),
    ("GET /v1/customers/{customer}/tax_ids/{x}", "", "tax"), ("DELETE /v1/customers/{customer}/tax_ids/{x}", "", "tax"),
    ("GET /v1/tax_ids/{x}", "", "tax"), ("DELETE /v1/tax_ids/{x}", "", "tax"),
    ("GET /v1/customers/{x}/balance_transactions", "", "customer"),
    ("POST /v1/customers/{x}/balance_transactions", "amount=5&currency=usd", "customer"),
    ("GET /v1/customers/{customer}/balance_transactions/{x}", "", "balance"),
    ("POST /v1/customers/{customer}/balance_transactions/{x}", "description=mine", "balance"),
    (CUS, "payment_method={x}", "attached"),
    ("POST /v1/customers/{customer}", "invoice_settings[default_payment_method]={x}", "attached"),
]
TABLES = ("payment", "attempt", "event", "charge", "customer", "setup_intent", "setup_attempt", "mandate", "token",
          "tax_id", "customer_balance_transaction", "confirmation_token", "transfer")


@dataclass
class World:
    """The objects that the rows speak of, ours and another merchant's, and how many rows there were."""

    http: httpx2.Client
    ours: dict[str, str]
    theirs: dict[str, str]
    counts: dict[str, int]

    def send(self, request: str, form: str) -> httpx2.Response:
        method, path = (part.format(**self.ours) for part in request.split(" "))
        form = form.format(**self.ours) if "{" in form else form
        if method in ("GET", "DELETE"):
            return self.http.request(method, f"{path}?{form}" if form else path)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": str(uuid.uuid4())}
        return self.http.request(method, path, content=form.encode(), headers=headers)


def _counts(stack: Stack) -> dict[str, int]:
    return {table: clients.count(stack, f"SELECT count(*) FROM pay.{table}") for table in TABLES}


def _objects(stack: Stack, secret: str, publishable: str) -> dict[str, str]:
    """One of each kind, made through the API and the vault."""
    api = clients.client(stack, secret).v1
    card: Any = {"number": CARD, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
    base = f"http://127.0.0.1:{stack.vault_port}"
    with httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {publishable}"}, trust_env=False) as http:
        token = http.post("/v1/tokens", data={f"card[{name}]": value for name, value in card.items()}).json()["id"]
    customer = api.customers.create().id
    attached = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    gone = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    api.payment_methods.detach(gone)
    accepted: Any = {"customer_acceptance": {"type": "offline"}}
    done = api.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True, "mandate_data": accepted})
    hold: Any = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    held = api.payment_intents.create({**hold, "capture_method": "manual"})
    helper = api.test_helpers.confirmation_tokens
    spent = helper.create({"payment_method": "pm_card_visa"}).id
    api.setup_intents.confirm(api.setup_intents.create().id, {"confirmation_token": spent})
    api.tax_ids.create({"type": "us_ein", "value": "98-7654321"})
    return {
        "customer": customer, "empty": api.customers.create().id, "attached": attached, "detached": gone,
        "setup": api.setup_intents.create().id, "done": done.id, "mandate": str(done.mandate),
        "gone": api.setup_intents.cancel(api.setup_intents.create().id).id, "token": token,
        "ctoken": helper.create({"payment_method": "pm_card_visa"}).id, "spent": spent,
        "open": api.payment_intents.create({"amount": 1000, "currency": "usd"}).id,
        "held": held.id, "heldcharge": str(held.latest_charge),
        "charge": str(api.payment_intents.create(hold).latest_charge),
        "tax": api.customers.tax_ids.create(customer, {"type": "us_ein", "value": "12-3456789"}).id,
        "balance": api.customers.balance_transactions.create(customer, {"amount": 5, "currency": "usd"}).id,
    }


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    other = clients.another_account(stack)
    ours = _objects(stack, stack.secret_key, stack.publishable_key)
    theirs = _objects(stack, other.secret_key, other.publishable_key)
    with clients.http(stack) as http:
        yield World(http, ours, theirs, _counts(stack))


def _name(row: tuple[Any, ...]) -> str:
    return f"{row[0]} {row[1]}"[:90]


@pytest.mark.parametrize(("request_", "form", "code", "param"), REFUSED, ids=map(_name, REFUSED))
def test_a_bad_request_is_told_what_is_wrong(world: World, request_: str, form: str, code: str | None,
                                             param: str | None) -> None:
    answer = world.send(request_, form)
    error = answer.json()["error"]
    wanted = 404 if code == "resource_missing" and f"{param}=" not in form else 400  # the address alone is 404
    assert (answer.status_code, error["type"], error.get("code"), error.get("param")) == (
        wanted, "invalid_request_error", code, param), error["message"]
    assert len(error["message"]) > 15
    assert CARD not in answer.text


@pytest.mark.parametrize(("request_", "form", "kind"), THEIRS, ids=map(_name, THEIRS))
def test_what_belongs_to_others_looks_like_nothing(world: World, request_: str, form: str, kind: str) -> None:
    theirs = world.theirs[kind]
    place = max(place for place in range(1, len(theirs)) if theirs[place] != "0")
    never = theirs[:place] + "0" + theirs[place + 1:]  # another random part, the same time and environment
    foreign, absent = (world.send(request_.replace("{x}", id), form.replace("{x}", id)) for id in (theirs, never))
    assert foreign.status_code in (400, 404)
    assert foreign.json()["error"]["code"] == "resource_missing"
    assert builders.without_ids(foreign, theirs) == builders.without_ids(absent, never)


@pytest.mark.parametrize("route", ["setup_intents", "tax_ids"])
def test_a_list_shows_nothing_of_others(world: World, route: str) -> None:
    ids = {one["id"] for one in world.send(f"GET /v1/{route}", "limit=100").json()["data"]}
    assert ids
    assert not ids & set(world.theirs.values())


@pytest.mark.parametrize("request_", [
    SI, "GET /v1/setup_intents", "POST /v1/setup_intents/{setup}", "POST /v1/setup_intents/{setup}/cancel",
    "GET /v1/setup_attempts", "GET /v1/mandates/{mandate}", "GET /v1/tokens/{token}", CT, CH,
    "GET /v1/confirmation_tokens/{ctoken}", "POST /v1/charges/{charge}", "GET /v1/tax_ids", TAX, BAL])
def test_a_publishable_key_is_refused_on_secret_routes(world: World, stack: Stack, request_: str) -> None:
    with clients.http(stack, stack.publishable_key) as http:
        answer = World(http, world.ours, {}, {}).send(request_, "")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "secret_key_required")


def test_a_test_helper_does_not_help_in_live_mode(stack: Stack) -> None:
    live = clients.another_account(stack, "live")
    with clients.http(stack, live.secret_key) as http:
        answer = http.post("/v1/test_helpers/confirmation_tokens", data={"payment_method": "pm_x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "testmode_only")


def test_every_code_is_explained() -> None:
    text = (ROOT / "docs" / "errors.md").read_text()
    said = re.compile(r'code="(\w+)"')
    files = [*(ROOT / "backend" / "setups").glob("*.py"), *(ROOT / "backend" / "customers").glob("*.py"),
             ROOT / "backend" / "payments" / "refusals.py", ROOT / "backend" / "payments" / "charges.py",
             ROOT / "api" / "tokens.py"]
    codes = {code for _, _, code, _ in REFUSED if code} | {
        code for path in files for code in said.findall(path.read_text())}
    assert [code for code in sorted(codes) if f"### `{code}`" not in text] == []


def test_at_the_end_nothing_was_written(world: World, stack: Stack) -> None:
    assert _counts(stack) == world.counts
    assert CARD not in stack.log("web")
