"""Bad requests over every route: one table of request -> status, type, code, param. Nothing may be half-written."""

import re
import socket
import uuid
from dataclasses import dataclass

import httpx2
import pytest

from tests.conformance import clients
from tests.stack import ROOT

CARD = "4242424242424242"
INVALID, MISSING = "parameter_invalid_integer", "parameter_missing"
PI, CUS, PM, WE, CS = ("POST /v1/payment_intents", "POST /v1/customers", "POST /v1/payment_methods",
                       "POST /v1/webhook_endpoints", "POST /v1/checkout/sessions")
OK_PI = "amount=1000&currency=usd"
OK_WE = "url=https://example.com/h&enabled_events[]=*"
OK_ITEM = ("line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=500"
           "&line_items[0][price_data][product_data][name]=Mug&line_items[0][quantity]=1")
OK_CS = f"mode=payment&success_url=https://example.com/ok&{OK_ITEM}"
EXPIRY = "expires_at"


def deep(levels: int) -> str:
    return "metadata" + "[a]" * (levels - 1) + "=1"


def many(pairs: int) -> str:
    return "&".join(f"metadata[k{n}]=1" for n in range(pairs))


# Every row: request, form or query, code, param; status 400 and type invalid_request_error where nothing else is said.
# {name} in a path or form stands for an object of `World`.
PARAMETERS = [
    # amounts
    (PI, "currency=usd", MISSING, "amount"),
    (PI, "amount=1.5&currency=usd", INVALID, "amount"),
    (PI, "amount=1e3&currency=usd", INVALID, "amount"),
    (PI, "amount=%2B100&currency=usd", INVALID, "amount"),
    (PI, "amount=+100&currency=usd", INVALID, "amount"),
    (PI, "amount=&currency=usd", "parameter_invalid_empty", "amount"),
    (PI, "amount=true&currency=usd", INVALID, "amount"),
    (PI, "amount=NaN&currency=usd", INVALID, "amount"),
    (PI, "amount=Infinity&currency=usd", INVALID, "amount"),
    (PI, 'amount="100"&currency=usd', INVALID, "amount"),
    (PI, "amount=0x64&currency=usd", INVALID, "amount"),
    (PI, "amount=1_000&currency=usd", INVALID, "amount"),
    (PI, "amount=1,000&currency=usd", INVALID, "amount"),
    (PI, "amount=%D9%A1%D9%A0%D9%A0&currency=usd", INVALID, "amount"),  # 100 in Arabic digits
    (PI, "amount=9223372036854775808&currency=usd", INVALID, "amount"),  # 2^63
    (PI, "amount=9223372036854775807&currency=usd", "amount_too_large", "amount"),
    (PI, "amount=-100&currency=usd", INVALID, "amount"),
    (PI, "amount=0&currency=usd", INVALID, "amount"),
    (PI, "amount=49&currency=usd", "amount_too_small", "amount"),
    (PI, "amount=49&currency=jpy", "amount_too_small", "amount"),
    (PI, "amount=100000000&currency=usd", "amount_too_large", "amount"),
    *((PI, f"amount=1&currency={code}", "amount_too_small", "amount")
      for code in "krw vnd idr php try zar cop clp ils twd kwd ugx isk xaf".split()),
    (PI, "amount=1000000000000&currency=idr", "amount_too_large", "amount"),
    (PI, "amount=10000000000&currency=cop", "amount_too_large", "amount"),
    *((PI, f"amount={amount}&currency={code}", "invalid_charge_amount", "amount") for amount, code in (
        (5123, "kwd"), (5005, "bhd"), (10001, "jod"), (10009, "omr"), (20007, "tnd"), (505050, "ugx"), (12345, "isk"))),
    ("POST /v1/charges", "amount=5123&currency=kwd&source=tok_visa", "invalid_charge_amount", "amount"),
    ("POST /v1/prices", "currency=kwd&unit_amount=1005&product_data[name]=Mug", "invalid_charge_amount", "unit_amount"),
    ("POST /v1/prices", "currency=isk&unit_amount_decimal=1050&product_data[name]=Mug", "invalid_charge_amount",
     "unit_amount_decimal"),
    ("POST /v1/prices", "currency=usd&unit_amount=100000000&product_data[name]=Mug", "amount_too_large",
     "unit_amount"),
    ("POST /v1/prices", "currency=usd&unit_amount=500&product_data[name]=Mug&currency_options[ugx][unit_amount]=150",
     "invalid_charge_amount", "currency_options[ugx][unit_amount]"),
    ("POST /v1/coupons", "currency=kwd&amount_off=1005", "invalid_charge_amount", "amount_off"),
    ("POST /v1/coupons", "currency=usd&amount_off=100&currency_options[isk][amount_off]=150", "invalid_charge_amount",
     "currency_options[isk][amount_off]"),
    ("POST /v1/shipping_rates", "display_name=Post&fixed_amount[amount]=155&fixed_amount[currency]=kwd",
     "invalid_charge_amount", "fixed_amount[amount]"),
    (CS, OK_CS.replace("=usd", "=kwd").replace("=500", "=5005"), "invalid_charge_amount",
     "line_items[0][price_data][unit_amount]"),
    (PI, "amount[]=100&currency=usd", INVALID, "amount"),
    (PI, "amount[value]=100&currency=usd", INVALID, "amount"),
    ("POST /v1/payment_intents/{open}", "amount=49", "amount_too_small", "amount"),
    ("POST /v1/payment_intents/{open}", "amount=0", INVALID, "amount"),
    ("POST /v1/payment_intents/{held}/capture", "amount_to_capture=0", INVALID, "amount_to_capture"),
    ("POST /v1/payment_intents/{held}/capture", "amount_to_capture=-1", INVALID, "amount_to_capture"),
    ("POST /v1/payment_intents/{held}/capture", "amount_to_capture=1001", "amount_too_large", "amount_to_capture"),
    ("POST /v1/payment_intents/{held}/capture", "amount=1000", "parameter_unknown", "amount"),
    # currencies
    (PI, "amount=1000", MISSING, "currency"),
    (PI, "amount=1000&currency=", "parameter_invalid_empty", "currency"),
    (PI, "amount=1000&currency=us", "parameter_invalid_string", "currency"),
    (PI, "amount=1000&currency=usdd", "parameter_invalid_string", "currency"),
    (PI, "amount=1000&currency=xxx", "parameter_invalid_string", "currency"),
    (PI, "amount=1000&currency=840", "parameter_invalid_string", "currency"),
    (PI, "amount=1000&currency[]=usd", "parameter_invalid_string", "currency"),
    # names
    (PI, f"{OK_PI}&amout=1", "parameter_unknown", "amout"),
    (PI, f"{OK_PI}&status=succeeded", "parameter_unknown", "status"),
    (PI, f"{OK_PI}&livemode=true", "parameter_unknown", "livemode"),
    (PI, f"{OK_PI}&env=2", "parameter_unknown", "env"),
    (PI, f"{OK_PI}&fee=0", "parameter_unknown", "fee"),
    (PI, f"{OK_PI}&captured=1000", "parameter_unknown", "captured"),
    (PI, f"{OK_PI}&latest_charge_id=ch_1", "parameter_unknown", "latest_charge_id"),
    (PI, f"{OK_PI}&checkout_session_id=cs_1", "parameter_unknown", "checkout_session_id"),
    (PI, f"{OK_PI}&client_secret_=x", "parameter_unknown", "client_secret_"),
    (PI, f"{OK_PI}&client_secret=x", "parameter_unknown", "client_secret"),
    (PI, f"{OK_PI}&=1", "parameter_unknown", None),
    (PI, f"{OK_PI}&[a]=1", "parameter_unknown", "[a]"),
    (PI, f"{OK_PI}&a]b=1", "parameter_unknown", "a]b"),
    (PI, f"{OK_PI}&shipping[addres][city]=Oslo", "parameter_unknown", "shipping[addres]"),
    (CUS, "id=search", "parameter_invalid_string", "id"),
    (CUS, "balance=1.5", "parameter_invalid_integer", "balance"),
    ("POST /v1/payment_intents/{open}/confirm", "amount=1", "parameter_unknown", "amount"),
    ("POST /v1/payment_intents/{open}/confirm", "currency=jpy", "parameter_unknown", "currency"),
    ("POST /v1/payment_intents/{open}/confirm", "metadata[a", "parameter_unknown", "metadata[a"),
    ("POST /v1/payment_intents/{open}/confirm", "capture_method=manual", "parameter_unknown", "capture_method"),
    (PI, f"{OK_PI}&amount=100", None, "amount"),  # the same name twice
    (PI, f"{OK_PI}&metadata[a]=1&metadata[a]=2", None, "metadata[a]"),
    (PI, f"{OK_PI}&metadata=&metadata[a]=2", None, "metadata[a]"),
    (PI, f"{OK_PI}&metadata[a]=1&metadata[a][b]=2", None, "metadata[a][b]"),
    (PI, f"{OK_PI}&{deep(11)}", None, deep(11)[:-2]),
    (PI, f"{OK_PI}&{deep(3)}", "parameter_invalid_string", "metadata[a]"),
    (PI, f"{OK_PI}&{many(999)}", None, None),  # 1001 pairs
    # metadata
    (PI, f"{OK_PI}&metadata=text", "parameter_invalid_hash", "metadata"),
    (PI, f"{OK_PI}&{many(51)}", "parameter_invalid_hash", "metadata"),
    ("POST /v1/customers/{full}", "metadata[one_more]=1", "parameter_invalid_hash", "metadata"),
    (PI, f"{OK_PI}&metadata[{'k' * 41}]=1", "parameter_invalid_string_length", f"metadata[{'k' * 40}]"),
    (PI, f"{OK_PI}&metadata[a]={'v' * 501}", "parameter_invalid_string_length", "metadata[a]"),
    (PI, f"{OK_PI}&metadata[a]=x%00y", "parameter_invalid_string", "metadata[a]"),
    (PI, f"{OK_PI}&metadata[x%00y]=1", "parameter_invalid_string", "metadata"),
    (PI, f"{OK_PI}&description=%FF%FE", None, None),  # not UTF-8
    # texts, choices, booleans, hashes, addresses
    (PI, f"{OK_PI}&description={'d' * 1001}", "parameter_invalid_string_length", "description"),
    (PI, f"{OK_PI}&description[a]=1", "parameter_invalid_string", "description"),
    (PI, f"{OK_PI}&statement_descriptor=12345", "parameter_invalid_string", "statement_descriptor"),
    (PI, f"{OK_PI}&statement_descriptor={'A' * 23}", "parameter_invalid_string_length", "statement_descriptor"),
    (PI, f"{OK_PI}&statement_descriptor=A<b>", "parameter_invalid_string", "statement_descriptor"),
    (PI, f"{OK_PI}&receipt_email=nobody", "email_invalid", "receipt_email"),
    (PI, f"{OK_PI}&receipt_email=a@b", "email_invalid", "receipt_email"),
    (PI, f"{OK_PI}&receipt_email=a@b.no%0d%0aBcc:c@d.no", "email_invalid", "receipt_email"),
    (CUS, "email=jenny", "email_invalid", "email"),
    (CUS, f"email={'a' * 510}@b.no", "parameter_invalid_string_length", "email"),
    (CUS, "address=Oslo", "parameter_invalid_hash", "address"),
    (CUS, "address[city][]=Oslo", "parameter_invalid_string", "address[city]"),
    (CUS, "preferred_locales=en", "parameter_invalid_array", "preferred_locales"),
    (CUS, f"name={'n' * 257}", "parameter_invalid_string_length", "name"),
    (PI, f"{OK_PI}&capture_method=manuel", "parameter_invalid_enum", "capture_method"),
    (PI, f"{OK_PI}&confirmation_method=", "parameter_invalid_empty", "confirmation_method"),
    (PI, f"{OK_PI}&setup_future_usage=always", "parameter_invalid_enum", "setup_future_usage"),
    (PI, f"{OK_PI}&payment_method_types[]=cash", "parameter_invalid_enum", "payment_method_types[0]"),
    (PI, f"{OK_PI}&payment_method_types=card", "parameter_invalid_array", "payment_method_types"),
    (PI, f"{OK_PI}&payment_method_types[]=card&allowed_payment_method_types[]=card", "parameters_exclusive",
     "allowed_payment_method_types"),
    (PI, f"{OK_PI}&automatic_payment_methods[allow_redirects]=never", MISSING, "automatic_payment_methods[enabled]"),
    (PI, f"{OK_PI}&automatic_payment_methods=true", "parameter_invalid_hash", "automatic_payment_methods"),
    (PI, f"{OK_PI}&automatic_payment_methods[enabled]=yes", "parameter_invalid_boolean",
     "automatic_payment_methods[enabled]"),
    (PI, f"{OK_PI}&confirm=1", "parameter_invalid_boolean", "confirm"),
    (PI, f"{OK_PI}&confirm=true", MISSING, "payment_method"),
    (PI, f"{OK_PI}&off_session=true", "parameter_invalid_combination", "off_session"),
    (PI, f"{OK_PI}&return_url=https://example.com/", "parameter_invalid_combination", "return_url"),
    (PI, f"{OK_PI}&payment_method_options[card][request_three_d_secure]=never", "parameter_invalid_enum",
     "payment_method_options[card][request_three_d_secure]"),
    ("POST /v1/payment_intents/{open}/confirm", "return_url=javascript:alert(1)", "url_invalid", "return_url"),
    ("POST /v1/payment_intents/{open}/confirm", "return_url=/back", "url_invalid", "return_url"),
    ("POST /v1/payment_intents/{open}/confirm", "return_url=https://a:b@example.com/", "url_invalid", "return_url"),
    ("POST /v1/payment_intents/{open}/confirm", "return_url=https://[::1/", "url_invalid", "return_url"),
    ("POST /v1/payment_intents/{open}/cancel", "cancellation_reason=bored", "parameter_invalid_enum",
     "cancellation_reason"),
    # lists
    ("GET /v1/payment_intents", "limit=0", INVALID, "limit"),
    ("GET /v1/payment_intents", "limit=101", INVALID, "limit"),
    ("GET /v1/payment_intents", "limit=ten", INVALID, "limit"),
    ("GET /v1/payment_intents", "starting_after=pi_a&ending_before=pi_b", "parameters_exclusive", "ending_before"),
    ("GET /v1/payment_intents", "created=yesterday", INVALID, "created"),
    ("GET /v1/payment_intents", "created[after]=1", "parameter_unknown", "created[after]"),
    ("GET /v1/payment_intents", "created[gte]=-1", INVALID, "created[gte]"),
    ("GET /v1/payment_intents", "order=amount;drop", "parameter_unknown", "order"),
    ("GET /v1/events", "type=charge.failed&types[]=charge.failed", "parameters_exclusive", "types"),
    ("GET /v1/events", "created=soon", INVALID, "created"),
    ("GET /v1/events", "created[gte]=9223372036854775807", INVALID, "created[gte]"),
    ("GET /v1/customers", "email=nobody", "email_invalid", "email"),
    ("GET /v1/charges", "customer[]=x", "parameter_invalid_string", "customer"),
    ("GET /v1/payment_methods", "", MISSING, "customer"),
    ("GET /v1/payment_methods", "customer=&type=card", "parameter_invalid_empty", "customer"),
    ("GET /v1/payment_methods", "customer={customer}&type=cash", "parameter_invalid_enum", "type"),
    ("GET /v1/balance", "currency=usd", "parameter_unknown", "currency"),
    ("GET /v1/checkout/sessions", "status=paid", "parameter_invalid_enum", "status"),
    # payment methods
    (PM, "card[token]=tok_visa", MISSING, "type"),
    (PM, "type=card", MISSING, "card"),
    (PM, "type=cash&card[token]=tok_visa", "parameter_invalid_enum", "type"),
    (PM, f"type=card&card[number]={CARD}&card[exp_month]=12&card[exp_year]=40", "card_number_not_allowed_here",
     "card[number]"),
    (PM, "type=card&card[token]=tok_visa&billing_details[phone_number]=1", "parameter_unknown",
     "billing_details[phone_number]"),
    ("POST /v1/payment_methods/{method}/attach", "", MISSING, "customer"),
    ("POST /v1/payment_methods/{method}/attach", "customer={customer}&default=true", "parameter_unknown", "default"),
    # webhook endpoints
    (WE, "enabled_events[]=*", MISSING, "url"),
    (WE, "url=https://example.com/h", MISSING, "enabled_events"),
    (WE, "url=https://example.com/h&enabled_events[]=charge.suceeded", None, "enabled_events[0]"),
    (WE, "url=https://example.com/h&enabled_events[]=issuing_card.created", None, "enabled_events[0]"),
    (WE, "url=ftp://example.com/h&enabled_events[]=*", "url_invalid", "url"),
    (WE, "url=example.com&enabled_events[]=*", "url_invalid", "url"),
    (WE, f"{OK_WE}&api_version=2019-01-01", None, "api_version"),
    (WE, f"{OK_WE}&connect=maybe", "parameter_invalid_boolean", "connect"),
    (WE, f"{OK_WE}&connect=True", "parameter_invalid_combination", "connect"),
    (WE, f"{OK_WE}&secret=whsec_mine", "parameter_unknown", "secret"),
    # checkout sessions
    (CS, f"success_url=https://example.com/&{OK_ITEM}", MISSING, "mode"),
    (CS, "mode=payment&success_url=https://example.com/", MISSING, "line_items"),
    (CS, f"mode=payment&{OK_ITEM}", MISSING, "success_url"),
    (CS, f"mode=gift&success_url=https://example.com/&{OK_ITEM}", "parameter_invalid_enum", "mode"),
    (CS, f"mode=payment&success_url=javascript:1&{OK_ITEM}", "url_invalid", "success_url"),
    (CS, f"{OK_CS}&line_items[0][amount]=5", "parameter_unknown", "line_items[0][amount]"),
    (CS, OK_CS.replace("quantity]=1", "quantity]=0"), INVALID, "line_items[0][quantity]"),
    (CS, OK_CS.replace("unit_amount]=500", "unit_amount]=1.5"), INVALID, "line_items[0][price_data][unit_amount]"),
    (CS, OK_CS.replace("unit_amount]=500", "unit_amount]=10"), "amount_too_small", "line_items"),
    (CS, OK_CS.replace("quantity]=1", "quantity]=999999"), "amount_too_large", "line_items"),
    (CS, f"{OK_CS}&currency=eur", None, "currency"),
    (CS, f"{OK_CS}&{EXPIRY}=1000000000", None, EXPIRY),
    (CS, f"{OK_CS}&customer={{customer}}&customer_email=a@b.no", "parameters_exclusive", "customer_email"),
    # wrong state
    ("POST /v1/payment_intents/{paid}/capture", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{paid}/cancel", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{paid}/confirm", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{paid}", "amount=2000", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{held}/confirm", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{held}", "amount=2000", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{held}", "currency=eur", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{canceled}/capture", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{canceled}/cancel", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{canceled}/confirm", "payment_method={method}", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{open}/capture", "", "payment_intent_unexpected_state", None),
    ("POST /v1/payment_intents/{open}/confirm", "", "payment_intent_unexpected_state", "payment_method"),
    ("POST /v1/payment_intents/{declined}", "currency=eur", None, "currency"),
    ("POST /v1/payment_methods/{method}/detach", "", None, "payment_method"),
    ("POST /v1/payment_methods/{attached}/attach", "customer={full}", "payment_method_already_attached",
     "payment_method"),
    ("POST /v1/payment_intents/{open}/confirm", "payment_method={attached}", None, "payment_method"),
    ("POST /v1/checkout/sessions/{expired}/expire", "", "status_transition_invalid", None),
]

# Card numbers where they do not belong: refused, and never said again.
CARDS = [
    (PI, f"{OK_PI}&metadata[note]={CARD}", 400),
    (PI, f"{OK_PI}&metadata[{CARD}]=note", 400),
    (PI, f"{OK_PI}&description=card 4242 4242 4242 4242 thanks", 400),
    (PI, f"{OK_PI}&description=378282246310005", 400),
    (PI, f"{OK_PI}&receipt_email={CARD}@example.com", 400),
    (PI, f"{OK_PI}&shipping[name]=4242-4242-4242-4242", 400),
    (PI, f"{OK_PI}&{CARD}=1", 400),
    (PI, f"{OK_PI}&shipping[{CARD}]=1", 400),
    (PI, f"{OK_PI}&{CARD}[a=1", 400),
    (PI, f"{OK_PI}&metadata[{CARD}]=1&metadata[{CARD}]=2", 400),
    (PI, f"amount={CARD}&currency=usd", 400),
    (PI, "amount=4242 4242 4242 4242&currency=usd", 400),
    (PI, f"amount=1000&currency={CARD}", 400),
    (PI, f"{OK_PI}&confirm={CARD}", 400),
    (PI, f"{OK_PI}&capture_method={CARD}", 400),
    (PI, f"{OK_PI}&customer={CARD}", 400),
    (PI, f"{OK_PI}&payment_method={CARD}", 400),
    (PI, f"{OK_PI}&created={CARD}", 400),
    (PM, f"type=card&card[number]={CARD}&card[exp_month]=12&card[exp_year]=40&card[cvc]=123", 400),
    (CUS, f"name={CARD}", 400),
    (WE, f"url=https://example.com/{CARD}&enabled_events[]=*", 400),
    (WE, f"url=https://example.com/h&enabled_events[]={CARD}", 400),
    (WE, f"{OK_WE}&api_version={CARD}", 400),
    (CS, OK_CS.replace("Mug", CARD), 400),
    ("GET /v1/events", f"created={CARD}", 400),
    ("GET /v1/customers", f"starting_after={CARD}", 400),
    (f"GET /v1/customers/{CARD}", "", 404),
    (f"GET /v1/payment_intents/{CARD}", "", 404),
    (f"POST /v1/payment_intents/{CARD}/confirm", "", 404),
    (f"GET /v1/{CARD}", "", 404),
]

# Somebody else's object and one that never was: the same bytes but for the id. {x} is the id under test.
THEIRS = [
    ("GET /v1/payment_intents/{x}", "", "intent"), ("POST /v1/payment_intents/{x}", "description=mine", "intent"),
    ("POST /v1/payment_intents/{x}/confirm", "payment_method=pm_card_visa", "intent"),
    ("POST /v1/payment_intents/{x}/capture", "", "intent"), ("POST /v1/payment_intents/{x}/cancel", "", "intent"),
    ("GET /v1/charges/{x}", "", "charge"), ("GET /v1/customers/{x}", "", "customer"),
    ("POST /v1/customers/{x}", "name=mine", "customer"), ("DELETE /v1/customers/{x}", "", "customer"),
    ("GET /v1/customers/{x}/payment_methods", "", "customer"),
    ("GET /v1/payment_methods", "customer={x}", "customer"),
    (PI, f"{OK_PI}&customer={{x}}", "customer"),
    ("POST /v1/payment_methods/{method}/attach", "customer={x}", "customer"),
    (PI, f"{OK_PI}&payment_method={{x}}", "method"),
    ("POST /v1/payment_intents/{open}/confirm", "payment_method={x}", "method"),
    ("GET /v1/payment_methods/{x}", "", "method"), ("POST /v1/payment_methods/{x}", "metadata[a]=b", "method"),
    ("POST /v1/payment_methods/{x}/attach", "customer={customer}", "method"),
    ("POST /v1/payment_methods/{x}/detach", "", "method"),
    ("GET /v1/customers/{customer}/payment_methods/{x}", "", "method"),
    ("GET /v1/events/{x}", "", "event"), ("GET /v1/webhook_endpoints/{x}", "", "endpoint"),
    ("POST /v1/webhook_endpoints/{x}", "description=mine", "endpoint"),
    ("DELETE /v1/webhook_endpoints/{x}", "", "endpoint"),
    ("GET /v1/checkout/sessions/{x}", "", "session"), ("GET /v1/checkout/sessions/{x}/line_items", "", "session"),
    ("POST /v1/checkout/sessions/{x}/expire", "", "session"), (CS, f"{OK_CS}&customer={{x}}", "customer"),
]
TABLES = ("payment", "attempt", "event", "idempotency", "charge", "customer", "transfer", "hold", "outbox",
          "endpoint", "checkout_session", "authentication", "history")


@dataclass
class World:
    """The objects that the rows speak of, ours and another merchant's, and how many rows there were."""

    http: httpx2.Client
    ours: dict[str, str]
    theirs: dict[str, str]
    counts: dict[str, int]

    def send(self, request: str, form: str, **headers: str) -> httpx2.Response:
        """A request in the table's spelling; each with a fresh idempotency key, which must not be kept."""
        method, path = (part.format(**self.ours) for part in request.split(" "))
        form = form.format(**self.ours) if "{" in form else form
        if method in ("GET", "DELETE"):
            return self.http.request(method, f"{path}?{form}" if form else path, headers=headers)
        content = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": str(uuid.uuid4())}
        return self.http.request(method, path, content=form.encode(), headers=content | headers)


def counts(stack) -> dict[str, int]:
    """Rows of each table. That an issuer was asked about a card stays on record, whatever it said: it moves nothing."""
    asked = {"attempt": "WHERE kind <> 'verify'",
             "history": "WHERE id NOT IN (SELECT id::text FROM pay.attempt WHERE kind = 'verify')"}
    return {table: clients.count(stack, f"SELECT count(*) FROM pay.{table} {asked.get(table, '')}")
            for table in TABLES}


def objects(stack, key: str) -> dict[str, str]:
    """One of each kind, made through the API."""
    api = clients.client(stack, key).v1

    def intent(**params):
        return api.payment_intents.create({"amount": 1000, "currency": "usd", **params})

    def session():
        price = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Mug"}}
        return api.checkout.sessions.create({"mode": "payment", "success_url": "https://example.com/",
                                             "line_items": [{"price_data": price, "quantity": 1}]})

    customer = api.customers.create({"name": "Jenny"})
    paid = intent(confirm=True, payment_method="pm_card_visa")
    declined = intent()
    with pytest.raises(Exception, match="declined"):
        api.payment_intents.confirm(declined.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    return {
        "customer": customer.id, "open": intent().id, "intent": intent().id, "paid": paid.id, "declined": declined.id,
        "charge": paid.latest_charge, "secret": paid.client_secret,
        "held": intent(confirm=True, payment_method="pm_card_visa", capture_method="manual").id,
        "canceled": api.payment_intents.cancel(intent().id).id,
        "full": api.customers.create({"metadata": {f"k{n}": "v" for n in range(50)}}).id,
        "method": api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id,
        "attached": api.payment_methods.attach("pm_card_visa", {"customer": customer.id}).id,
        "event": api.events.list({"limit": 1}).data[0].id,
        "endpoint": api.webhook_endpoints.create({"url": "https://example.com/h",
                                                  "enabled_events": ["account.updated"]}).id,
        "session": session().id, "expired": api.checkout.sessions.expire(session().id).id,
    }


@pytest.fixture(scope="module")
def world(stack):
    ours = objects(stack, stack.secret_key)
    theirs = objects(stack, clients.another_account(stack).secret_key)
    with clients.http(stack) as http:
        yield World(http, ours, theirs, counts(stack))


def error(answer: httpx2.Response) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["request-id"].startswith("req_")
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


def named(rows: list[tuple]) -> list[str]:
    """A short name for each row."""
    return [f"{number} {row[0]} {row[2]}" for number, row in enumerate(rows)]


def test_the_table_is_long_enough():
    assert len(PARAMETERS) + len(CARDS) + len(THEIRS) >= 200


@pytest.mark.parametrize(("request_", "form", "code", "param"), PARAMETERS, ids=named(PARAMETERS))
def test_what_is_wrong_is_named(world, request_, form, code, param):
    answer = world.send(request_, form)
    told = error(answer)
    assert (answer.status_code, told["type"]) == (400, "invalid_request_error"), told
    assert (told.get("code"), told.get("param")) == (code, param), told
    assert answer.headers["stripe-should-retry"] == "false"
    assert len(told["message"]) > 15
    if code:
        assert told["doc_url"].endswith(f"/docs/errors#{code}")


@pytest.mark.parametrize(("request_", "form", "status"), CARDS, ids=named(CARDS))
def test_a_card_number_is_refused_and_not_repeated(world, request_, form, status):
    answer = world.send(request_, form)
    assert (answer.status_code, error(answer)["type"]) == (status, "invalid_request_error")
    said = re.sub(r"\D", "", re.sub(r"req_\w+", "", answer.text))
    assert CARD not in said
    assert "378282246310005" not in said
    assert not any(CARD in value for value in answer.headers.values())


@pytest.mark.parametrize("header", ["Idempotency-Key", "Stripe-Account"])
def test_a_card_number_in_a_header_is_not_repeated(world, header):
    answer = world.send(PI, OK_PI, **{header: f"order {CARD}"})
    assert answer.status_code in (400, 403)
    assert CARD not in answer.text + str(answer.headers)


@pytest.mark.parametrize(("request_", "form", "kind"), THEIRS, ids=named(THEIRS))
def test_what_belongs_to_others_looks_like_nothing(world, request_, form, kind):
    theirs = world.theirs[kind]
    for place in range(len(theirs) - 1, 0, -1):  # another random part, the same time and environment
        if theirs[place] != "0":
            never = theirs[:place] + "0" + theirs[place + 1:]
            break
    foreign, absent = (world.send(request_.replace("{x}", id), form.replace("{x}", id)) for id in (theirs, never))
    wanted = 404 if "{x}" in request_ else 400  # the address, or a parameter
    assert (foreign.status_code, error(foreign)["code"]) == (wanted, "resource_missing")
    bare = [answer.content.replace(id.encode(), b"ID").replace(answer.headers["request-id"].encode(), b"REQUEST")
            for answer, id in ((foreign, theirs), (absent, never))]
    assert bare[0] == bare[1]

    def told(answer: httpx2.Response) -> dict[str, str]:
        changing = ("request-id", "idempotency-key", "date", "content-length")
        return {key: value for key, value in answer.headers.items() if key not in changing}

    assert told(foreign) == told(absent)


@pytest.mark.parametrize("route", ["payment_intents", "charges", "customers", "events", "checkout/sessions"])
def test_a_list_shows_nothing_of_others(world, route):
    kind = {"payment_intents": "paid", "charges": "charge", "customers": "customer", "events": "event",
            "checkout/sessions": "session"}[route]
    page = world.send(f"GET /v1/{route}", "limit=100").json()
    ids = {one["id"] for one in page["data"]}
    assert world.ours[kind] in ids or page["has_more"]
    assert not ids & set(world.theirs.values())
    answer = world.send(f"GET /v1/{route}", f"starting_after={world.theirs[kind]}")
    assert (answer.status_code, error(answer)["code"], error(answer)["param"]) == (400, "resource_missing",
                                                                                    "starting_after")


@pytest.mark.parametrize(("request_", "status"), [
    ("GET /v1/nothing", 404), ("GET /v1/payment_intents/a/b/c", 404), ("POST /v1/payment_intents/{open}/refund", 404),
    ("DELETE /v1/payment_intents/{open}", 404), ("POST /v1/balance", 404), ("PUT /v1/customers", 404),
    ("PATCH /v1/customers/{customer}", 404), ("POST /v1/events", 404), ("DELETE /v1/events/{event}", 404),
    ("GET /v1/", 404), ("GET /v1/payment_intents/", 404), ("GET /v1/PAYMENT_INTENTS", 404),
    ("GET /v1/customers/%00", 404), ("GET /v1/payment_intents/pi_%00", 404), ("GET /v1/customers/..%2F..%2Fetc", 404),
    ("GET /v1/customers/%F0%9F%92%B8", 404), ("GET /v1/customers/'%3B--", 404)])
def test_an_unknown_route_or_method_or_id_is_a_404(world, request_, status):
    answer = world.send(request_, "")
    told = error(answer)
    assert (answer.status_code, told["type"]) == (status, "invalid_request_error")
    assert set(told) <= {"type", "message", "code", "param", "doc_url", "request_log_url"}


def test_a_megabyte_is_too_large(world):
    answer = world.send(PI, f"{OK_PI}&description={'x' * 1_000_000}")
    assert (answer.status_code, error(answer)["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(("kind", "content"), [
    ("text/plain", b"amount=1000"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--x--'),
    ("application/xml", b"<amount>1</amount>")])
def test_only_forms_and_json_objects_are_taken(world, kind, content):
    answer = world.http.post("/v1/payment_intents", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in error(answer)["message"]


@pytest.mark.parametrize(("content", "param", "says"), [
    (b'{"amount": 1000, "currency": "usd"', None, "not valid JSON"), (b"[1]", None, "must be a JSON object"),
    (b'{"amount": 10.5, "currency": "usd"}', "amount", "Invalid integer"),
    (b'{"amount": true, "currency": "usd"}', "amount", "Invalid integer"),
    (b'{"amount": 1000}', "currency", "Missing required param"),
    (b'{"amount": 1000, "currency": "usd", "metadata": {"a": {"b": 1}}}', "metadata[a]", "must be a string"),
    (b'{"amount": 1000, "currency": "usd", "amout": 1}', "amout", "Did you mean amount"),
    (b'{"a":' * 12 + b"1" + b"}" * 12, None, "nested deeper")])
def test_a_bad_json_body_is_told_what_is_wrong(world, content, param, says):
    answer = world.http.post("/v1/payment_intents", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, error(answer).get("param")) == (400, param)
    assert says in error(answer)["message"]


@pytest.mark.parametrize(("key", "status"), [("k" * 256, 400), ("k" * 300, 400)])
def test_an_idempotency_key_is_at_most_255_characters(world, key, status):
    answer = world.send(PI, OK_PI, **{"Idempotency-Key": key})
    assert (answer.status_code, error(answer)["code"]) == (status, "idempotency_key_invalid")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic", "Basic !!!", "Basic Og==", "Digest a=b",
                                           "Bearer sk_test_nothing", "Bearer \xff\xfe", "sk_test_nothing"])
def test_without_a_good_key_it_is_a_401(world, authorization):
    answer = world.send("GET /v1/customers", "", Authorization=authorization.encode("latin-1"))
    told = error(answer)
    assert (answer.status_code, told["type"]) == (401, "invalid_request_error")
    if "nothing" not in authorization and "\xff" not in authorization:
        assert "curl" in told["message"] or "Invalid" in told["message"]


def test_the_key_may_be_the_user_name_of_basic_authentication(stack, world):
    answer = httpx2.get(f"{stack.api_base}/v1/balance", auth=(stack.secret_key, ""))
    assert answer.status_code == 200


def test_a_secret_key_from_a_browser_is_refused(world):
    answer = world.send("GET /v1/customers", "", Origin="https://shop.example")
    assert (answer.status_code, "browser" in error(answer)["message"]) == (401, True)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/v1/payment_intents/pi_1/confirm", "/v1/payment_intents/pi_1"])
def test_a_browser_may_ask_first(stack, path):
    answer = httpx2.options(stack.api_base + path, headers={
        "Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_a_publishable_key_opens_what_its_client_secret_names(stack, world):
    secret, paid, held = world.ours["secret"], world.ours["paid"], world.ours["held"]
    with clients.http(stack, stack.publishable_key) as shopper:
        def ask(id: str, **params: str) -> httpx2.Response:
            return shopper.get(f"/v1/payment_intents/{id}", params=params, headers={"Origin": "https://shop.example"})

        seen = ask(paid, client_secret=secret)
        assert seen.status_code == 200
        assert {"id", "status", "amount", "client_secret"} <= set(seen.json())
        assert not {"metadata", "customer", "latest_charge", "amount_received", "application_fee_amount",
                    "statement_descriptor"} & set(seen.json())
        for id, given in ((paid, None), (paid, f"{paid}_secret_wrong"), (held, secret),
                          ("pi_nothing", secret), (world.theirs["paid"], secret),
                          (world.theirs["paid"], world.theirs["secret"])):
            answer = ask(id, **({} if given is None else {"client_secret": given}))
            assert (answer.status_code, error(answer)["code"]) == (404, "resource_missing")
        assert error(ask(paid, client_secret=""))["code"] == "parameter_invalid_empty"
        wrong = shopper.post(f"/v1/payment_intents/{world.ours['open']}/confirm",
                             data={"client_secret": secret, "payment_method": "pm_card_visa"})
        assert wrong.status_code == 404


@pytest.mark.parametrize("request_", [
    "POST /v1/payment_intents", "GET /v1/payment_intents", "POST /v1/payment_intents/{open}",
    "POST /v1/payment_intents/{held}/capture", "POST /v1/payment_intents/{open}/cancel", "GET /v1/balance",
    "GET /v1/charges", "GET /v1/charges/{charge}", "GET /v1/customers", "POST /v1/customers",
    "DELETE /v1/customers/{customer}", "GET /v1/events", "GET /v1/payment_methods/{method}",
    "POST /v1/payment_methods/{method}/attach", "GET /v1/webhook_endpoints", "POST /v1/checkout/sessions"])
def test_a_publishable_key_is_refused_on_secret_routes(stack, world, request_):
    answer = world.send(request_, "", Authorization=f"Bearer {stack.publishable_key}")
    assert (answer.status_code, error(answer)["code"]) == (403, "secret_key_required")


def test_a_connected_account_is_not_opened_by_naming_it(world):
    answer = world.send("GET /v1/balance", "", **{"Stripe-Account": "acct_other"})
    assert (answer.status_code, error(answer)["code"]) == (403, "account_invalid")


@pytest.mark.parametrize("head", [
    b"GET /v1/balance HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /v1/balance HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    b"POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"NONSENSE\r\n\r\n"])
def test_broken_http_is_a_400(stack, head):
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as link:
        link.sendall(head)
        assert link.recv(100).split(b" ")[1][:1] == b"4"


def test_every_code_is_explained():
    codes = {code for _, _, code, _ in PARAMETERS if code}
    text = (ROOT / "docs" / "errors.md").read_text()
    assert [code for code in sorted(codes) if f"### `{code}`" not in text] == []


def test_at_the_end_nothing_was_written(stack, world):
    assert counts(stack) == world.counts
    assert CARD not in stack.log("web")
