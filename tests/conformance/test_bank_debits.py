"""Bank accounts over a running stack: every row of the tables of test accounts (sections 7 and 8), by alias and by
number, with the official client where it has the verb.

The tables stand here on their own, so that a change of the code's tables shows.
"""

import time
from typing import Any

import httpx2
import pytest
import stripe

from backend.cards.test_accounts import ALIASES
from tests.conformance import clients
from tests.stack import Stack

SECONDS = 40.0
# section 7: account, alias, how it ends
US = """
000123456789 success succeeded · 000111111113 accountClosed account_closed · 000111111116 noAccount no_account
000222222227 insufficientFunds insufficient_funds · 000333333335 debitNotAuthorized debit_not_authorized
000444444440 invalidCurrency invalid_currency · 000555555559 dispute succeeded
000777777771 weeklyLimitExceeded charge_exceeds_source_limit · 000888888885 - tokenized_account_number_deactivated
000000000009 processing processing
"""
# section 8: alias, how it ends, then one IBAN for each country
SEPA = """
success succeeded AT611904300234573201 DE89370400440532013000 FR1420041010050500013M02606 BE62510007547061
success succeeded IE29AIBK93115212345678
successDelayed processing AT321904300235473204 DE08370400440532013003 FR3020041010050500013M02609 BE78510007547064
successDelayed processing IE24AIBK93115212345671
failed generic_could_not_process AT861904300235473202 DE62370400440532013001 FR8420041010050500013M02607
failed generic_could_not_process BE68539007547034 IE02AIBK93115212345679
failedDelayed processing AT051904300235473205 DE78370400440532013004 FR7920041010050500013M02600 BE51510007547065
failedDelayed processing IE94AIBK93115212345672
disputed succeeded AT591904300235473203 DE35370400440532013002 FR5720041010050500013M02608 BE08510007547063
disputed succeeded IE51AIBK93115212345670
exceedsWeeklyVolumeLimit charge_exceeds_source_limit AT981904300000343434 DE65370400440000343434
exceedsWeeklyVolumeLimit charge_exceeds_source_limit FR9720041010050000000343434 BE90510000343434 IE10AIBK93115200343434
exceedsWeeklyTransactionLimit charge_exceeds_weekly_limit AT601904300000121212 DE27370400440000121212
exceedsWeeklyTransactionLimit charge_exceeds_weekly_limit FR5920041010050000000121212 BE52510000121212
exceedsWeeklyTransactionLimit charge_exceeds_weekly_limit IE69AIBK93115200121212
insufficientFunds insufficient_funds AT981904300002222227 DE65370400440002222227 FR9720041010050000002222227
insufficientFunds insufficient_funds BE90510002222227 IE10AIBK93115202222227
"""
US_ROWS = [row.split() for line in US.strip().splitlines() for row in line.split(" · ")]
SEPA_ROWS = [(iban, f"pm_sepaDebit_{alias}_{iban[:2].lower()}", end) for line in SEPA.strip().splitlines()
             for alias, end, *ibans in [line.split()] for iban in ibans]
WORD = {"mandate_data[customer_acceptance][type]": "online",
        "mandate_data[customer_acceptance][online][ip_address]": "203.0.113.7",
        "mandate_data[customer_acceptance][online][user_agent]": "Mozilla/5.0"}
US_DATA = {"payment_method_data[type]": "us_bank_account",
           "payment_method_data[us_bank_account][routing_number]": "110000000",
           "payment_method_data[us_bank_account][account_holder_type]": "individual",
           "payment_method_data[billing_details][name]": "Ada"}


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Any:
    with clients.http(stack) as http:
        yield http


def pay(shop: httpx2.Client, kind: str, **more: Any) -> dict[str, Any]:
    reply = shop.post("/v1/payment_intents", data={
        "amount": "1500", "currency": "usd" if kind == "us_bank_account" else "eur", "payment_method_types[]": kind,
        "confirm": "true", **WORD, **more})
    assert reply.status_code == 200, reply.text
    made: dict[str, Any] = reply.json()
    return made


def by_number(shop: httpx2.Client, number: str) -> dict[str, Any]:
    return pay(shop, "us_bank_account", **US_DATA, **{"payment_method_data[us_bank_account][account_number]": number})


def ended(shop: httpx2.Client, id: str, wanted: str) -> dict[str, Any]:
    """The intent once it has come to its end, or after a while."""
    until = time.monotonic() + SECONDS
    while True:
        now: dict[str, Any] = shop.get(f"/v1/payment_intents/{id}", params={"expand[]": "latest_charge"}).json()
        if now["status"] != "processing" or wanted == "processing" or time.monotonic() > until:
            return now
        time.sleep(0.2)


def check(now: dict[str, Any], wanted: str) -> None:
    if wanted in ("succeeded", "processing"):
        assert now["status"] == wanted
        assert now["latest_charge"]["status"] == {"processing": "pending"}.get(wanted, wanted)
        return
    assert (now["status"], now["last_payment_error"]["code"]) == ("requires_payment_method", wanted)
    assert (now["latest_charge"]["status"], now["latest_charge"]["failure_code"]) == ("failed", wanted)


def test_section_7_every_account_ends_as_its_row_says(shop: httpx2.Client) -> None:
    made = []
    for number, alias, end in US_ROWS:
        typed = by_number(shop, number)
        assert (typed["status"], typed["next_action"]["type"]) == ("requires_action", "verify_with_microdeposits")
        sent = shop.post(f"/v1/payment_intents/{typed['id']}/verify_microdeposits",
                         data={"amounts[0]": "32", "amounts[1]": "45"}).json()
        made.append((sent, end))
        if alias != "-":
            made.append((pay(shop, "us_bank_account", payment_method=f"pm_usBankAccount_{alias}"), end))
    assert {one["status"] for one, _ in made} == {"processing"}
    time.sleep(3)
    for one, end in made:
        check(ended(shop, one["id"], end), end)


def test_section_7_an_account_that_stays_in_processing_can_be_canceled(shop: httpx2.Client) -> None:
    made = pay(shop, "us_bank_account", payment_method="pm_usBankAccount_processing")
    path, key = f"/v1/payment_intents/{made['id']}/cancel", {"Idempotency-Key": f"cancel-{made['id']}"}
    gone = shop.post(path, headers=key)
    assert gone.json()["status"] == "canceled"
    again = shop.post(path, headers=key)
    assert (again.content, again.headers["idempotent-replayed"]) == (gone.content, "true")


def test_section_7_a_risky_account_is_blocked(shop: httpx2.Client) -> None:
    reply = shop.post("/v1/payment_intents", data={
        "amount": "1500", "currency": "usd", "payment_method": "pm_usBankAccount_riskLevelHighest", "confirm": "true",
        **WORD})
    assert reply.status_code == 402
    charge = shop.get(f"/v1/charges/{reply.json()['error']['charge']}").json()
    assert (charge["status"], charge["outcome"]["type"]) == ("failed", "blocked")


def test_section_7_an_account_that_deposits_cannot_reach(shop: httpx2.Client) -> None:
    for how in ({"payment_method": "pm_usBankAccount_failMicrodeposits"},
                {**US_DATA, "payment_method_data[us_bank_account][account_number]": "000666666661"}):
        reply = shop.post("/v1/payment_intents", data={
            "amount": "1500", "currency": "usd", "payment_method_types[]": "us_bank_account", "confirm": "true",
            **WORD, **how})
        assert (reply.status_code, reply.json()["error"]["code"]) == (402, "payment_method_microdeposit_failed")


@pytest.mark.parametrize(("told", "status", "code"), [
    ({"amounts[0]": "45", "amounts[1]": "32"}, 200, None), ({"descriptor_code": "SM11AA"}, 200, None),
    ({"amounts[0]": "10", "amounts[1]": "11"}, 402, "payment_method_microdeposit_verification_attempts_exceeded"),
    ({"descriptor_code": "SM33CC"}, 402, "payment_method_microdeposit_verification_attempts_exceeded"),
    ({"amounts[0]": "40", "amounts[1]": "41"}, 402, "payment_method_microdeposit_verification_timeout"),
    ({"descriptor_code": "SM44DD"}, 402, "payment_method_microdeposit_verification_timeout"),
    ({"amounts[0]": "1", "amounts[1]": "2"}, 400, "payment_method_microdeposit_verification_amounts_mismatch"),
    ({"amounts[0]": "32"}, 400, "payment_method_microdeposit_verification_amounts_invalid"),
    ({"descriptor_code": "SM99ZZ"}, 400, "payment_method_microdeposit_verification_descriptor_code_mismatch"),
    ({"descriptor_code": "SM11AA", "amounts[0]": "32"}, 400, "parameters_exclusive"), ({}, 400, "parameter_missing")])
def test_section_7_microdeposits(shop: httpx2.Client, told: dict[str, str], status: int, code: str | None) -> None:
    made = by_number(shop, "000123456789")
    reply = shop.post(f"/v1/payment_intents/{made['id']}/verify_microdeposits", data=told)
    assert reply.status_code == status, reply.text
    now = shop.get(f"/v1/payment_intents/{made['id']}").json()["status"]
    if status == 200:
        assert reply.json()["status"] == "processing"
    else:
        assert reply.json()["error"]["code"] == code
        assert now == ("requires_payment_method" if status == 402 else "requires_action")


def test_ten_wrong_answers_are_the_last(shop: httpx2.Client) -> None:
    path = f"/v1/payment_intents/{by_number(shop, '000123456789')['id']}/verify_microdeposits"
    wrong = [shop.post(path, data={"descriptor_code": "SM99ZZ"}).json()["error"]["code"] for _ in range(10)]
    assert wrong[8:] == ["payment_method_microdeposit_verification_descriptor_code_mismatch",
                         "payment_method_microdeposit_verification_attempts_exceeded"]
    assert shop.post(path, data={"descriptor_code": "SM11AA"}).status_code == 400, "and the right one comes too late"


def test_section_8_every_iban_ends_as_its_row_says(shop: httpx2.Client) -> None:
    made = []
    for iban, alias, end in SEPA_ROWS:
        made.append((pay(shop, "sepa_debit", payment_method=alias), end))
        made.append((pay(shop, "sepa_debit", **{"payment_method_data[type]": "sepa_debit",
                                                "payment_method_data[sepa_debit][iban]": iban,
                                                "payment_method_data[billing_details][name]": "Ada Example"}), end))
    assert {one["status"] for one, _ in made} == {"processing"}
    time.sleep(3)
    for one, end in made:
        check(ended(shop, one["id"], end), end)


def test_section_8_an_account_that_cannot_be_used(shop: httpx2.Client) -> None:
    reply = shop.post("/v1/payment_methods", data={"type": "sepa_debit", "sepa_debit[iban]": "AT511904300000066666"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bank_account_unusable")


@pytest.mark.parametrize("name", ["J", " J  ", "Jo", None])
@pytest.mark.parametrize("call", ["payment_methods", "payment_intents", "setup_intents"])
def test_a_sepa_debit_needs_the_name_of_the_owner(shop: httpx2.Client, call: str, name: str | None) -> None:
    at = "" if call == "payment_methods" else "payment_method_data"
    given = {"type": "sepa_debit", "sepa_debit][iban": "DE89370400440532013000"}
    given |= {"billing_details][name": name} if name else {}
    data = {f"{at}[{name}]" if at else name.replace("]", "", 1) + ("]" if "[" in name else ""): value
            for name, value in given.items()}
    if call != "payment_methods":
        data |= {"payment_method_types[]": "sepa_debit", "confirm": "true",
                 "mandate_data[customer_acceptance][type]": "offline"}
    if call == "payment_intents":
        data |= {"amount": "500", "currency": "eur"}
    reply = shop.post(f"/v1/{call}", data=data)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (
        400, "invalid_owner_name", f"{at}[billing_details][name]" if at else "billing_details[name]"), error


def test_the_name_of_a_kept_sepa_account_stays_one(shop: httpx2.Client) -> None:
    customer = shop.post("/v1/customers").json()["id"]
    kept = shop.post("/v1/payment_methods/pm_sepaDebit_success_de/attach", data={"customer": customer}).json()["id"]
    for name in ("J", ""):
        reply = shop.post(f"/v1/payment_methods/{kept}", data={"billing_details[name]": name})
        assert reply.json()["error"]["code"] == "invalid_owner_name"
    assert shop.post(f"/v1/payment_methods/{kept}", data={"billing_details[name]": "Ada"}).status_code == 200


def test_the_tables_are_whole() -> None:
    told = {f"pm_usBankAccount_{alias}" for _, alias, _ in US_ROWS if alias != "-"} | {row[1] for row in SEPA_ROWS}
    told |= {"pm_usBankAccount_failMicrodeposits", "pm_usBankAccount_riskLevelHighest"}
    assert told | {"btok_us_verified", "tok_us_verified"} == set(ALIASES)


def test_the_official_client_keeps_lists_and_debits_an_account(stack: Stack, shop: httpx2.Client) -> None:
    v1 = clients.client(stack).v1
    customer = v1.customers.create({"name": "Ada"})
    kept = v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "DE89 3704 0044 0532 0130 00"},
                                      "billing_details": {"name": "Ada", "email": "ada@example.com"}})
    assert kept.sepa_debit
    assert (kept.sepa_debit.last4, kept.sepa_debit.country, kept.sepa_debit.bank_code) == ("3000", "DE", "37040044")
    twin = v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"},
                                      "billing_details": {"name": "Ada"}})
    assert twin.sepa_debit
    assert twin.sepa_debit.fingerprint == kept.sepa_debit.fingerprint
    v1.payment_methods.attach(kept.id, {"customer": customer.id})
    listed = v1.payment_methods.list({"customer": customer.id, "type": "sepa_debit"}).data
    assert [one.id for one in listed] == [kept.id]
    assert v1.payment_methods.list({"customer": customer.id, "type": "card"}).data == []
    paid = v1.payment_intents.create({
        "amount": 990, "currency": "eur", "payment_method_types": ["sepa_debit"], "payment_method": kept.id,
        "customer": customer.id, "confirm": True, "setup_future_usage": "off_session",
        "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}}})
    assert ended(shop, paid.id, "succeeded")["status"] == "succeeded"
    again = v1.payment_intents.create({  # the word was given for later payments, too
        "amount": 991, "currency": "eur", "payment_method_types": ["sepa_debit"], "payment_method": kept.id,
        "customer": customer.id, "confirm": True, "off_session": True})
    done = ended(shop, again.id, "succeeded")
    mandate = v1.mandates.retrieve(done["latest_charge"]["payment_method_details"]["sepa_debit"]["mandate"])
    assert (mandate.type, mandate.payment_method, mandate.status) == ("multi_use", kept.id, "active")
    back = v1.refunds.create({"payment_intent": again.id})
    assert back.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="only be passed with type=card"):
        v1.payment_methods.create({"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"},
                                   "card": {"token": "tok_visa"}})


@pytest.mark.parametrize(("form", "code", "param"), [
    ("type=us_bank_account", "parameter_missing", "us_bank_account"),
    ("type=us_bank_account&us_bank_account[routing_number]=110000000", "parameter_missing",
     "us_bank_account[account_number]"),
    ("type=us_bank_account&us_bank_account[account_number]=000123456789", "parameter_missing",
     "us_bank_account[routing_number]"),
    ("type=us_bank_account&us_bank_account[account_number]=12&us_bank_account[routing_number]=110000000",
     "account_number_invalid", "us_bank_account[account_number]"),
    ("type=us_bank_account&us_bank_account[account_number]=000123456789&us_bank_account[routing_number]=110000001",
     "routing_number_invalid", "us_bank_account[routing_number]"),
    ("type=us_bank_account&us_bank_account[account_number][a]=1&us_bank_account[routing_number]=110000000",
     "parameter_missing", "us_bank_account[account_number]"),
    ("type=us_bank_account&us_bank_account[account_number]=000123456789&us_bank_account[routing_number][]=1",
     "routing_number_invalid", "us_bank_account[routing_number]"),
    ("type=us_bank_account&us_bank_account[iban]=1", "parameter_unknown", "us_bank_account[iban]"),
    ("type=sepa_debit&sepa_debit[iban]=", "parameter_missing", "sepa_debit[iban]"),
    ("type=sepa_debit&sepa_debit[iban]=DE89370400440532013001", "invalid_bank_account_iban", "sepa_debit[iban]"),
    ("type=sepa_debit&sepa_debit[iban]=XX89370400440532013000", "invalid_bank_account_iban", "sepa_debit[iban]"),
    ("type=sepa_debit&sepa_debit[iban]=DE8937040044053201300", "invalid_bank_account_iban", "sepa_debit[iban]"),
    ("type=card&sepa_debit[iban]=DE89370400440532013000", "parameter_missing", "card")])
def test_bad_accounts_are_named(shop: httpx2.Client, form: str, code: str, param: str) -> None:
    reply = shop.post("/v1/payment_methods", content=form,
                      headers={"content-type": "application/x-www-form-urlencoded"})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (400, code, param), error


def test_the_accounts_and_names_are_unknown_in_live_mode(stack: Stack) -> None:
    other = clients.another_account(stack, "live")
    with clients.http(stack, other.secret_key) as http:
        for name in ("pm_usBankAccount_success", "pm_sepaDebit_success_de"):
            reply = http.post("/v1/payment_intents", data={"amount": "1500", "currency": "usd", "payment_method": name})
            assert (reply.status_code, reply.json()["error"]["code"]) == (400, "resource_missing")
        reply = http.post("/v1/payment_intents", data={
            "amount": "1500", "currency": "usd", "confirm": "true", **WORD, **US_DATA,
            "payment_method_data[us_bank_account][account_number]": "000123456789"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "livemode_mismatch")
