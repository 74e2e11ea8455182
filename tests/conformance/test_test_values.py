"""Every test card does what the sandbox's table of test values says: as a payment method, as a token, and typed.

The table stands here on its own, so that a change of the code's table shows. Sections as in the reference.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from backend.cards.test_cards import ALIASES, TEST_CARDS
from tests.conformance import clients
from tests.stack import ROOT, Stack
from tests.testers import Browser, browsers

# name, brand, funding, country, last four; without `pm_card_`
FACTS = """
visa visa credit US 4242 · visa_debit visa debit US 5556 · mastercard mastercard credit US 4444
mastercard_debit mastercard debit US 8210 · mastercard_prepaid mastercard prepaid US 5100 · amex amex credit US 0005
discover discover credit US 1117 · diners diners credit US 0004 · jcb jcb credit JP 0505
unionpay unionpay credit CN 0005 · visa_cartesBancaires visa credit FR 1001
mastercard_cartesBancaires mastercard credit FR 1001 · visa_debit_eftposAuCoBranded visa debit AU 0001
mastercard_debit_eftposAuCoBranded mastercard debit AU 0080 · debit_visaFsaProductCode visa debit US 0072
debit_visaHsaProductCode visa debit US 0072 · mastercard_debit_mastercardFsaProductCode mastercard debit US 8897
ae_mastercard mastercard credit AE 0022 · gb_debit visa debit GB 0005 · gb_mastercard mastercard credit GB 4449
th_credit visa credit TH 0003 · th_debit visa debit TH 0008 · amex_threeDSecureNotSupported amex credit US 0005
"""
COUNTRIES = """
us4242 ar0021 br0002 ca0000 cl0001 co0003 cr0005 ec0000 mx8001 pa0000 py0066 pe0068 uy0003 ae0001 at0008 be0004 bg0000
by0005 hr0009 cy0008 cz0002 dk0001 ee0009 fi0001 fr0003 de0016 gi0005 gr0030 hu0005 ie0005 it0008 lv0005 li0004 lt0000
lu0006 mt0007 nl0002 no0007 pl0005 pt0007 ro0001 si0006 sk0001 es0007 se0008 ch0009 gb0000 au0006 cn0002 hk0004 in0008
jp0003 my0002 nz0008 sg0003 tw0008
"""
# section 2: name, code, decline code; none of them can be kept
DECLINED = """
visa_chargeDeclined card_declined generic_decline
visa_chargeDeclinedInsufficientFunds card_declined insufficient_funds
visa_chargeDeclinedLostCard card_declined lost_card
visa_chargeDeclinedStolenCard card_declined stolen_card
visa_chargeDeclinedVelocityLimitExceeded card_declined card_velocity_exceeded
chargeDeclinedExpiredCard expired_card -
chargeDeclinedIncorrectCvc incorrect_cvc -
chargeDeclinedProcessingError processing_error -
tok_visa_debit_chargeDeclinedInsufficientFunds card_declined insufficient_funds
visa_chargeDeclinedExpiredCard expired_card -
visa_chargeDeclinedIncorrectCvc incorrect_cvc -
visa_chargeDeclinedProcessingError processing_error -
chargeDeclined card_declined generic_decline
chargeDeclinedInsufficientFunds card_declined insufficient_funds
chargeDeclinedLostCard card_declined lost_card
chargeDeclinedStolenCard card_declined stolen_card
chargeDeclinedVelocityLimitExceeded card_declined card_velocity_exceeded
"""
# can be kept, cannot be charged: section 2 below, and what our own risk check blocks (section 3)
KEPT_DECLINED = """
chargeCustomerFail card_declined generic_decline
visa_chargeCustomerFail card_declined generic_decline
visa_chargeCustomerFailLostCard card_declined lost_card
visa_chargeCustomerFailStolenCard card_declined stolen_card
radarBlock card_declined fraudulent
riskLevelHighest card_declined fraudulent
visa_chargeDeclinedFraudulent card_declined fraudulent
chargeDeclinedFraudulent card_declined fraudulent
"""
# section 3: risk, checks of code, postal code and line (the sandbox gives those whose names say avs an address)
RISK = """
riskLevelElevated elevated pass - - · highFraudDisputeScore normal pass - - · highEfwScore normal pass - -
radarDynamicRiskThreshold normal pass - - · adaptive3dsChallenge normal pass - - · cvcCheckFail normal fail - -
avsZipFail normal pass fail pass · avsLine1Fail normal pass pass fail · avsFail normal pass fail fail
avsUnchecked normal pass unavailable unavailable · cvcCheckFailElevatedRisk elevated fail - -
avsZipFailElevatedRisk elevated pass fail pass
"""
# sections 4, 5 and 9: paid like any other; what comes later is tested where it belongs
PAID = """
createDispute createDisputeProductNotReceived createDisputeInquiry createIssuerFraudRecord createMultipleDisputes
createCe3EligibleDispute createComplianceDispute createMastercardComplianceDispute
createAutoRepresentmentEligibleDispute createRapidDisputeResolutionDispute createCe3BlockDispute createEthocaAlert
pendingRefund refundFail bypassPending bypassPendingInternational tok_visa_debit_us_transferSuccess
tok_visa_debit_us_transferFail tok_visa_debit_us_instantPayoutUnsupported tok_mastercard_debit_us_transferSuccess
tok_discover_debit_us_transferSuccess threeDSecureOptional threeDSecureOptionalProcessingError
"""
# section 6: with the holder, without the holder (never set up), after a challenge that is passed
ASKS = """
authenticationRequiredOnSetup authentication_required succeeded
authenticationRequired authentication_required succeeded
authenticationRequiredSetupForOffSession succeeded succeeded
authenticationRequiredChargeDeclinedInsufficientFunds authentication_required insufficient_funds
threeDSecure2Required authentication_required succeeded
threeDSecureRequiredChargeDeclined authentication_required generic_decline
"""
LOOKUP_FAILS = "threeDSecureRequiredProcessingError"  # required, its lookup fails: declined at once
# sections 1, 6 and 11: numbers without a name, which are typed
TYPED = """
2223003122003222 mastercard credit US · 371449635398431 amex credit US · 6011000990139424 discover credit US
6011981111111113 discover debit US · 36227206271667 diners credit US · 6555900000604105 discover credit US
6200000000000047 unionpay debit CN · 6205500000000000004 unionpay credit CN · 5062210000000009 unknown credit MX
4000006820000007 visa credit SA · 3530111333300000 jcb credit JP · 4000000000001208 visa credit US
4000000000003725 visa credit US
"""
TYPED_ASKS = "4000008400000027 4000582600000094 4000582600000045 4000582600000102 4000582600000110".split()
FRICTIONLESS = "4000000032200000"
AT_ONCE = ("bypassPending", "bypassPendingInternational")
# what the reference says of a value and is not so yet -> the words of the guide
LATER = {
    "the puzzle of 4000000000001208 and 4000000000003725": "puzzle",
    "the scores of highFraudDisputeScore and highEfwScore": "scores",
    "a review for riskLevelElevated": "review",
    "the evidence texts winning_evidence, losing_evidence and escalate_inquiry_evidence": "winning_evidence",
    "the money of disputes, and Smart Disputes for createAutoRepresentmentEligibleDispute": "money of disputes",
    "section 9: the accounts and debit cards of payouts": "Payouts",
    "section 5: taking back a refund in the portal": "taken back",
    "section 10: the country in an e-mail address, codes of Link, names that decide the outcome": "test+location_XX",
}


def _rows(text: str) -> list[list[str]]:
    return [row.split() for line in text.strip().splitlines() for row in line.split(" · ")]


def _names(first: str) -> list[str]:
    return [first] if first.startswith("tok_") else [f"pm_card_{first}", f"tok_{first}"]


@dataclass
class Shop:
    """A merchant who sends cards by their names."""

    http: httpx2.Client

    def pay(self, name: str, **more: Any) -> httpx2.Response:
        by = {"payment_method": name} if name.startswith("pm_") else {
            "payment_method_data[type]": "card", "payment_method_data[card][token]": name}
        return self.http.post("/v1/payment_intents", data={
            "amount": "1500", "currency": "usd", "confirm": "true", "expand[]": "latest_charge", **by, **more})

    def keep(self, name: str) -> httpx2.Response:
        """Attach it to a new customer."""
        customer = self.http.post("/v1/customers").json()["id"]
        if name.startswith("tok_"):
            method = self.http.post("/v1/payment_methods", data={"type": "card", "card[token]": name}).json()["id"]
        else:
            method = name
        return self.http.post(f"/v1/payment_methods/{method}/attach", data={"customer": customer})


    def freed(self, charge: dict[str, Any]) -> str:
        """Whether the money of a charge is available or pending."""
        found: str = self.http.get(f"/v1/balance_transactions/{charge['balance_transaction']}").json()["status"]
        return found


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Any:
    with clients.http(stack) as http:
        yield Shop(http)


def _paid(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "succeeded"
    charge: dict[str, Any] = answer.json()["latest_charge"]
    assert charge["paid"] is True
    return charge


def _error(answer: httpx2.Response) -> tuple[str, str | None]:
    assert answer.status_code == 402, answer.text
    error = answer.json()["error"]
    assert error["type"] == "card_error"
    return error["code"], error.get("decline_code")


GOOD = [(name, *row[1:]) for row in _rows(FACTS) for name in _names(row[0])] + [
    (name, "visa", "credit", word[:2].upper(), word[2:])
    for word in COUNTRIES.split() for name in _names(word[:2])]


@pytest.mark.parametrize(("name", "brand", "funding", "country", "last4"), GOOD, ids=lambda value: str(value))
def test_sections_1_and_11_a_good_card_pays_and_shows_its_facts(shop: Shop, name: str, brand: str, funding: str,
                                                               country: str, last4: str) -> None:
    card = _paid(shop.pay(name))["payment_method_details"]["card"]
    assert (card["brand"], card["funding"], card["country"], card["last4"]) == (brand, funding, country, last4)
    assert (card["checks"]["cvc_check"], card["three_d_secure"]) == ("pass", None)


@pytest.mark.parametrize(("first", "code", "decline_code"), _rows(DECLINED))
def test_section_2_a_declined_card_neither_pays_nor_can_be_kept(shop: Shop, first: str, code: str,
                                                                decline_code: str) -> None:
    wanted = (code, None if decline_code == "-" else decline_code)
    for name in _names(first):
        assert _error(shop.pay(name)) == wanted
        assert _error(shop.keep(name)) == wanted


@pytest.mark.parametrize(("first", "code", "decline_code"), _rows(KEPT_DECLINED))
def test_sections_2_and_3_a_card_may_be_kept_and_never_charged(shop: Shop, first: str, code: str,
                                                               decline_code: str) -> None:
    for name in _names(first):
        assert shop.keep(name).status_code == 200
        assert _error(shop.pay(name)) == (code, decline_code)


@pytest.mark.parametrize(("first", "level", "cvc", "postal", "line1"), _rows(RISK))
def test_section_3_risk_and_checks_are_told(shop: Shop, first: str, level: str, cvc: str, postal: str,
                                            line1: str) -> None:
    for name in _names(first):
        charge = _paid(shop.pay(name))
        checks = charge["payment_method_details"]["card"]["checks"]
        assert charge["outcome"]["risk_level"] == level
        assert checks == {"cvc_check": cvc, "address_postal_code_check": None if postal == "-" else postal,
                          "address_line1_check": None if line1 == "-" else line1}


@pytest.mark.parametrize("first", PAID.split())
def test_sections_4_5_and_9_the_payment_itself_is_like_any_other(shop: Shop, first: str) -> None:
    for name in _names(first):
        assert _paid(shop.pay(name))["outcome"]["network_status"] == "approved_by_network"


def test_section_5_some_money_is_available_at_once(shop: Shop) -> None:
    for first in AT_ONCE:
        for name in _names(first):
            assert shop.freed(_paid(shop.pay(name))) == "available"
    assert shop.freed(_paid(shop.pay("pm_card_visa"))) == "pending"


@pytest.mark.parametrize(("first", "away", "after"), _rows(ASKS))
def test_section_6_a_card_asks_for_its_holder(shop: Shop, first: str, away: str, after: str) -> None:
    for name in _names(first):
        without = shop.pay(name, off_session="true")
        assert away == (without.json()["status"] if without.status_code == 200 else _error(without)[0])
        intent = shop.pay(name).json()
        assert (intent["status"], intent["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    with clients.Shopper() as shopper:
        shopper.authenticate(intent["next_action"]["use_stripe_sdk"]["stripe_js"])
    done = shop.http.get(f"/v1/payment_intents/{intent['id']}", params={"expand[]": "latest_charge"}).json()
    error = done["last_payment_error"]
    assert after == (error.get("decline_code") or error["code"] if error else done["status"])
    secure = done["latest_charge"]["payment_method_details"]["card"]["three_d_secure"]
    assert (secure["result"], secure["authentication_flow"]) == ("authenticated", "challenge")


def test_section_6_a_lookup_that_fails_declines_a_card_that_needs_it(shop: Shop) -> None:
    for name in _names(LOOKUP_FAILS):
        assert _error(shop.pay(name)) == ("card_declined", "generic_decline")


@pytest.mark.parametrize(("first", "result"), [
    ("threeDSecureOptional", "requires_action"), ("threeDSecureOptionalProcessingError", "processing_error"),
    ("visa", "attempt_acknowledged"), ("amex_threeDSecureNotSupported", None)])
def test_section_6_a_merchant_may_ask_where_the_card_does_not(shop: Shop, first: str, result: str | None) -> None:
    asks = {"payment_method_options[card][request_three_d_secure]": "any"}
    for name in _names(first):
        answer = shop.pay(name, **asks)
        if result == "requires_action":
            assert answer.json()["status"] == result
            continue
        secure = _paid(answer)["payment_method_details"]["card"]["three_d_secure"]
        assert (secure and secure["result"]) == result


def test_the_table_is_whole() -> None:
    told = [name for name, *_ in GOOD] + _names(LOOKUP_FAILS)
    for text in (DECLINED, KEPT_DECLINED, RISK, ASKS):
        told += [name for row in _rows(text) for name in _names(row[0])]
    told += [name for first in PAID.split() for name in _names(first)]
    assert sorted(told) == sorted(ALIASES)
    assert {*ALIASES.values(), *_typed()} == TEST_CARDS.keys()


def _typed() -> dict[str, str]:
    """Number without a name -> how a payment with it stands after one try."""
    return dict.fromkeys((row[0] for row in _rows(TYPED)), "succeeded") | dict.fromkeys(
        TYPED_ASKS, "requires_action") | {FRICTIONLESS: "succeeded"}


def _ends() -> dict[str, str]:
    """Number -> how a payment with it stands after one try; "402" when it is refused. The same on every way."""
    refused = {ALIASES[_names(row[0])[0]] for text in (DECLINED, KEPT_DECLINED) for row in _rows(text)}
    asks = {ALIASES[_names(row[0])[0]] for row in _rows(ASKS)}
    ends = dict.fromkeys(TEST_CARDS, "succeeded") | _typed() | dict.fromkeys(asks, "requires_action")
    return ends | dict.fromkeys([*refused, ALIASES[_names(LOOKUP_FAILS)[0]]], "402")


async def _in_turns(work: list[Any], at_once: int = 12) -> list[Any]:
    places = asyncio.Semaphore(at_once)

    async def one(what: Any) -> Any:
        async with places:
            return await what
    return await asyncio.gather(*map(one, work))


async def _by_api(one: Browser, number: str) -> tuple[str, Any]:
    method = await one.vault("/v1/payment_methods", type="card", **{
        "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034",
        "card[cvc]": "1234" if len(number) == 15 else "123"})
    answer = await one.http.post(f"{one.stack.api_base}/v1/payment_intents", auth=(one.account.secret_key, ""), data={
        "amount": "1500", "currency": "usd", "confirm": "true", "payment_method": method.json()["id"],
        "expand[]": "latest_charge"})
    if answer.status_code == 402:
        return "402", answer.json()["error"]
    return answer.json()["status"], answer.json()["latest_charge"]


async def _on_the_page(one: Browser, number: str) -> str:
    session = (await one.shop.session())["id"]
    answer = await one.shop.pay(session, await one.shop.token(session, number))
    said = str(answer.status_code) if answer.status_code == 402 else str(answer.json()["status"])
    return "succeeded" if said == "complete" else said


async def test_every_number_ends_the_same_typed_for_the_api_and_on_the_page(stack: Stack) -> None:
    """Of those of other countries, which differ in nothing else, only the ones without a name."""
    alike = {ALIASES[f"pm_card_{word[:2]}"] for word in COUNTRIES.split()[1:]}
    ends = {number: end for number, end in _ends().items() if number not in alike}
    account = clients.another_account(stack)
    async with browsers(stack, account, "127.0.3.1") as (one,):
        by_api = dict(zip(ends, await _in_turns([_by_api(one, number) for number in ends]), strict=True))
        on_page = dict(zip(ends, await _in_turns([_on_the_page(one, number) for number in ends]), strict=True))
    assert {number: end for number, (end, _) in by_api.items()} == ends
    assert on_page == ends
    for number, brand, funding, country in _rows(TYPED):
        card = by_api[number][1]["payment_method_details"]["card"]
        assert (card["brand"], card["funding"], card["country"]) == (brand, funding, country), number
        assert (card["last4"], card["three_d_secure"]) == (number[-4:], None)
    secure = by_api[FRICTIONLESS][1]["payment_method_details"]["card"]["three_d_secure"]
    assert (secure["result"], secure["authentication_flow"]) == ("authenticated", "frictionless")


def test_what_is_not_so_yet_stands_in_the_guide() -> None:
    guide = (ROOT / "docs/guides/test-cards.md").read_text(encoding="utf-8").partition("## Not yet")[2]
    assert [what for what, word in LATER.items() if word not in guide] == []


def test_a_verified_bank_account_has_names_of_a_token_too(shop: Shop) -> None:
    for name in ("btok_us_verified", "tok_us_verified"):
        made = shop.http.post("/v1/payment_intents", data={
            "amount": "1500", "currency": "usd", "payment_method_types[]": "us_bank_account", "payment_method": name})
        assert made.status_code == 200, made.text


@pytest.mark.parametrize(("name", "noun"), [
    ("tok_visa_neverHeardOf", "token"), ("btok_us_neverHeardOf", "token"), ("pm_card_neverHeardOf", "PaymentMethod")])
def test_an_unknown_name_is_called_what_it_is(shop: Shop, name: str, noun: str) -> None:
    for path, form in (("payment_intents", {"payment_method": name}), ("charges", {"source": name})):
        answer = shop.http.post(f"/v1/{path}", data={"amount": "1500", "currency": "usd", **form})
        assert answer.json()["error"]["message"] == f"No such {noun}: '{name}'"


@pytest.mark.parametrize("name", ["pm_card_visa", "pm_card_mastercard"])
def test_one_name_twice_in_a_request_is_one_method(shop: Shop, name: str) -> None:
    made = shop.http.post("/v1/customers", data={
        "payment_method": name, "invoice_settings[default_payment_method]": name})
    assert made.status_code == 200, made.text
    customer = made.json()
    methods = shop.http.get(f"/v1/customers/{customer['id']}/payment_methods").json()["data"]
    assert [one["id"] for one in methods] == [customer["invoice_settings"]["default_payment_method"]]
    assert shop.http.get(f"/v1/customers/{customer['id']}").json() == customer
    other = shop.http.post("/v1/customers", data={
        "payment_method": name, "invoice_settings[default_payment_method]": "pm_card_amex"})
    assert (other.status_code, other.json()["error"]["param"]) == (400, "invoice_settings[default_payment_method]")


def test_the_names_are_unknown_in_live_mode(stack: Stack) -> None:
    other = clients.another_account(stack, "live")
    with clients.http(stack, other.secret_key) as http:
        for name in ("pm_card_visa", "tok_visa"):
            answer = http.post("/v1/payment_intents", data={
                "amount": "1500", "currency": "usd", "payment_method": name})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "resource_missing")
