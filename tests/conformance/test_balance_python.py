"""The official Python package drives balance, balance transactions, files, links, account, countries and rates."""

import io
import time
from functools import partial

import httpx2
import pytest
import stripe

from backend import money
from tests.conformance import clients
from tests.stack import Stack

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="module")
def shop(stack: Stack) -> stripe.StripeClient:
    """A merchant of its own, whose balance nobody else moves."""
    return clients.client(stack, clients.another_account(stack).secret_key)


def _file(data: bytes = PNG, name: str = "logo.png") -> io.BytesIO:
    made = io.BytesIO(data)
    made.name = name
    return made


def test_a_charge_and_its_refund_show_in_the_balance(shop: stripe.StripeClient) -> None:
    intent = shop.v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True,
         "expand": ["latest_charge.balance_transaction"]})
    txn = intent.latest_charge.balance_transaction
    assert isinstance(txn, stripe.BalanceTransaction)
    assert (txn.amount, txn.fee, txn.net, txn.status, txn.fee_details[0].type) == (5000, 175, 4825, "pending",
                                                                                    "stripe_fee")
    assert shop.v1.balance_transactions.retrieve(txn.id) == txn
    refund = shop.v1.refunds.create({"payment_intent": intent.id, "amount": 1000, "expand": ["balance_transaction"]})
    assert (refund.balance_transaction.net, refund.balance_transaction.source) == (-1000, refund.id)
    every = shop.v1.balance_transactions.list({"expand": ["data.source"]}).data
    assert [one.source.object for one in every] == ["refund", "charge"]
    assert [one.id for one in shop.v1.balance_transactions.list({"type": "refund", "currency": "usd"}).data] == [
        refund.balance_transaction.id]
    assert shop.v1.balance_transactions.list({"created": {"lt": txn.created - 60}}).data == []
    balance = shop.v1.balance.retrieve()
    assert sum(one.amount for one in (*balance.available, *balance.pending)) == sum(one.net for one in every) == 3825


def test_another_merchants_transaction_is_unknown(client: stripe.StripeClient, shop: stripe.StripeClient) -> None:
    theirs = shop.v1.balance_transactions.list({"limit": 1}).data[0].id
    for id in (theirs, "txn_1unknown"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.balance_transactions.retrieve(id)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_every_currency_is_charged_and_adds_up(stack: Stack) -> None:
    shop = clients.client(stack, clients.another_account(stack).secret_key)
    codes = sorted(money.CURRENCIES)

    def pay(index: int) -> tuple[str, str, int]:
        code = codes[index]
        amount = max(money.minimum(code), 5000)
        made = shop.v1.payment_intents.create({"amount": amount, "currency": code, "confirm": True,
                                               "payment_method": "pm_card_visa"})
        return made.currency, made.status, made.amount_received - amount
    found = [pay(index) for index in range(len(codes))]
    assert found == [(code, "succeeded", 0) for code in codes]
    assert len(codes) >= 150
    pending = {one.currency: one.amount for one in shop.v1.balance.retrieve().pending}
    told = {one.currency: one.net for one in shop.v1.balance_transactions.list({"limit": 100}).auto_paging_iter()}
    assert {code: amount for code, amount in pending.items() if amount} == told
    assert set(told) == set(codes)
    for code in ("isk", "ugx"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.v1.payment_intents.create({"amount": 505050, "currency": code})
        assert (refused.value.code, refused.value.param) == ("invalid_charge_amount", "amount")
    for code, least in (("usd", 50), ("huf", 17500), ("jpy", 50)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.v1.payment_intents.create({"amount": least - 1, "currency": code})
        assert refused.value.code == "amount_too_small"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.payment_intents.create({"amount": 100_000_000, "currency": "jpy"})
    assert refused.value.code == "amount_too_large"


def test_a_file_lives_and_is_shown_by_its_link(client: stripe.StripeClient, stack: Stack) -> None:
    made = client.v1.files.create({"purpose": "business_logo", "file": _file()})
    assert (made.object, made.purpose, made.size, made.type, made.filename) == (
        "file", "business_logo", len(PNG), "png", "logo.png")
    assert client.v1.files.retrieve(made.id) == made
    assert made.id in [one.id for one in client.v1.files.list({"purpose": "business_logo"}).data]
    assert made.id not in [one.id for one in client.v1.files.list({"purpose": "pci_document"}).data]
    with clients.http(stack) as http:
        got = http.get(f"/v1/files/{made.id}/contents")
        assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
        old = http.get(f"/v1/files/{made.id}/contents", headers={"Stripe-Version": "2020-08-27"})
        assert old.content == PNG
    assert httpx2.get(f"{stack.api_base}/v1/files/{made.id}/contents").status_code == 401

    link = client.v1.file_links.create({"file": made.id, "metadata": {"a": "1"}})
    assert (link.object, link.file, link.expired, link.expires_at) == ("file_link", made.id, False, None)
    address = link.url.replace("localhost", "127.0.0.1")
    shown = httpx2.get(address)
    assert (shown.content, shown.headers["x-content-type-options"]) == (PNG, "nosniff")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert httpx2.get(address[:-1] + ("a" if address[-1] != "a" else "b")).status_code == 404
    assert httpx2.get(address.replace("link_", "link_0")).status_code == 404
    assert client.v1.files.retrieve(made.id, {"expand": ["links"]}).links.data[0].id == link.id
    later = client.v1.file_links.update(link.id, {"expires_at": int(time.time()) + 3600, "metadata": {"b": "2"}})
    assert (later.expired, later.metadata.to_dict()) == (False, {"a": "1", "b": "2"})
    assert link.id in [one.id for one in client.v1.file_links.list({"expired": False, "file": made.id}).data]
    assert client.v1.file_links.update(link.id, {"expires_at": "now"}).expired
    assert httpx2.get(address).status_code == 404
    assert link.id in [one.id for one in client.v1.file_links.list({"expired": True}).data]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.file_links.update(link.id, {"expires_at": ""})
    assert refused.value.code == "file_link_expired"


def test_an_upload_may_bring_its_link_and_is_safe_to_repeat(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": f"upload-{time.time_ns()}"}

    def upload() -> stripe.File:
        return client.v1.files.create({"purpose": "dispute_evidence", "file": _file(b"%PDF-1.7 x", "a.pdf"),
                                       "file_link_data": {"create": True}}, options)
    first, second = upload(), upload()
    assert first.id == second.id
    assert first.links.data[0].file == first.id


@pytest.mark.parametrize(("purpose", "data", "name", "code"), [
    ("business_logo", b"", "a.png", "parameter_invalid_empty"),
    ("business_logo", PNG + bytes(600_000), "a.png", "file_too_large"),
    ("pci_document", PNG, "a.pdf", "file_type_invalid"),
    ("dispute_evidence", b"MZ\x90", "a.exe", "file_type_invalid"),
    ("holiday", PNG, "a.png", "parameter_invalid_enum"),
])
def test_a_file_that_its_purpose_does_not_take_is_refused(client: stripe.StripeClient, purpose: str, data: bytes,
                                                          name: str, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.files.create({"purpose": purpose, "file": _file(data, name)})  # type: ignore[typeddict-item]
    assert refused.value.code == code
    assert refused.value.param in ("file", "purpose")


@pytest.mark.parametrize(("kind", "body", "status"), [
    ("application/x-www-form-urlencoded", b"purpose=pci_document", 400),
    ("multipart/form-data", b"x", 400),
    ("multipart/form-data; boundary=x", b"nothing of the kind", 400),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
                                        b"pci_document\r\n--x--\r\n", 400),
    ("multipart/form-data; boundary=x", bytes(12_000_000), 413),
])
def test_a_body_that_is_no_upload_is_refused(stack: Stack, kind: str, body: bytes, status: int) -> None:
    with clients.http(stack) as http:
        answer = http.post("/v1/files", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_foreign_file_is_unknown(client: stripe.StripeClient, shop: stripe.StripeClient) -> None:
    theirs = shop.v1.files.create({"purpose": "business_icon", "file": _file()}).id
    own = client.v1.accounts.retrieve_current().id
    for file in (theirs, "file_unknown"):
        for call in (partial(client.v1.files.retrieve, file), partial(client.v1.file_links.create, {"file": file}),
                     partial(client.v1.accounts.update, own, {"settings": {"branding": {"icon": file}}})):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                call()
            assert refused.value.code == "resource_missing"


def test_the_own_account_is_told_and_changed(shop: stripe.StripeClient) -> None:
    own = shop.v1.accounts.retrieve_current()
    assert (own.object, own.country, own.default_currency, own.charges_enabled, own.type) == (
        "account", "US", "usd", True, "standard")
    assert own.settings.payouts.schedule.delay_days == 2
    assert shop.v1.accounts.retrieve(own.id) == own
    icon = shop.v1.files.create({"purpose": "business_icon", "file": _file()}).id
    changed = shop.v1.accounts.update(own.id, {
        "business_profile": {"url": "https://wren.example", "mcc": "5942", "support_address": {"city": "Ulm"}},
        "settings": {"branding": {"icon": icon, "primary_color": "#1a2b3c"}}, "metadata": {"a": "1"}})
    assert (changed.business_profile.url, changed.settings.branding.icon) == ("https://wren.example", icon)
    assert changed.business_profile.support_address.city == "Ulm"
    cleared = shop.v1.accounts.update(own.id, {"business_profile": {"url": ""}})
    assert (cleared.business_profile.url, cleared.business_profile.mcc) == (None, "5942")
    assert shop.v1.accounts.retrieve_current({"expand": ["settings.branding.icon"]}).settings.branding.icon.id == icon
    told = shop.v1.events.list({"type": "account.updated"}).data
    assert [event.data.previous_attributes.to_dict() for event in told][-1]["metadata"] == {"a": None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.accounts.update(own.id, {"settings": {"branding": {"logo": icon}}})
    assert (refused.value.code, refused.value.param) == ("file_purpose_invalid", "settings[branding][logo]")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.accounts.retrieve("acct_other")
    assert refused.value.code == "resource_missing"


def test_countries_and_rates_are_told(client: stripe.StripeClient) -> None:
    germany = client.v1.country_specs.retrieve("DE")
    assert (germany.default_currency, germany.supported_payment_methods) == ("eur", ["card", "sepa_debit"])
    assert set(germany.supported_payment_currencies) == money.CURRENCIES
    every = [one.id for one in client.v1.country_specs.list({"limit": 7}).auto_paging_iter()]
    assert every == sorted(every)
    assert {"DE", "US", "JP"} <= set(every)
    back = client.v1.country_specs.list({"ending_before": every[5], "limit": 3})
    assert ([one.id for one in back.data], back.has_more) == (every[2:5], True)
    rates = client.v1.exchange_rates.retrieve("eur").rates
    assert set(rates.to_dict()) == money.CURRENCIES
    assert rates["eur"] == 1
    assert 1 / client.v1.exchange_rates.retrieve("usd").rates["eur"] == pytest.approx(rates["usd"], rel=1e-4)
    assert len(list(client.v1.exchange_rates.list({"limit": 100}).auto_paging_iter())) == len(money.CURRENCIES)
    for call in (lambda: client.v1.country_specs.retrieve("XX"), lambda: client.v1.exchange_rates.retrieve("xxx")):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call()
        assert refused.value.code == "resource_missing"


@pytest.mark.parametrize("object", ["account", "balance", "balance_transaction", "country_spec", "exchange_rate",
                                    "file", "file_link"])
def test_every_field_of_the_official_types_is_there(client: stripe.StripeClient, object: str) -> None:
    if not client.v1.balance_transactions.list({"limit": 1}).data:
        client.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_visa",
                                          "confirm": True})
    link = client.v1.file_links.create({"file": client.v1.files.create(
        {"purpose": "business_logo", "file": _file()}).id})
    made = {"account": client.v1.accounts.retrieve_current, "balance": client.v1.balance.retrieve,
            "balance_transaction": lambda: client.v1.balance_transactions.list().data[0],
            "country_spec": lambda: client.v1.country_specs.retrieve("US"),
            "exchange_rate": lambda: client.v1.exchange_rates.retrieve("usd"),
            "file": lambda: client.v1.files.retrieve(str(link.file)), "file_link": lambda: link}[object]()
    optional = {"account": {"company", "individual"}, "file": {"links"}, "balance": {
        "connect_reserved", "instant_available", "issuing", "refund_and_dispute_prefunding", "risk_reserved"}}
    wanted = {name for name in type(made).__annotations__ if name != "deleted" and not name[0].isupper()
              and not name.startswith("_")}
    assert wanted - set(made.to_dict()) <= optional.get(object, set())
