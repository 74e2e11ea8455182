"""Bank accounts set up for later debits over a running stack: by name and by number, with and without deposits."""

from typing import Any

import httpx2
import pytest
import stripe

from backend.cards.test_accounts import ALIASES
from tests.conformance import clients
from tests.stack import Stack

WORD = {"mandate_data[customer_acceptance][type]": "online",
        "mandate_data[customer_acceptance][online][ip_address]": "203.0.113.7",
        "mandate_data[customer_acceptance][online][user_agent]": "Mozilla/5.0"}
UNREACHED = "pm_usBankAccount_failMicrodeposits"
SEPA = "pm_sepaDebit_success_de"
DEPOSITS = {"amounts[0]": "32", "amounts[1]": "45"}
STATE = "setup_intent_unexpected_state"
FAILED = "payment_method_microdeposit_"


def typed(number: str = "000123456789") -> dict[str, str]:
    """The data of an account whose number was typed."""
    return {"payment_method_data[type]": "us_bank_account",
            "payment_method_data[us_bank_account][routing_number]": "110000000",
            "payment_method_data[us_bank_account][account_number]": number,
            "payment_method_data[us_bank_account][account_holder_type]": "individual",
            "payment_method_data[billing_details][name]": "Ada"}


class Shop:
    """A merchant who sets accounts up and looks at what came of it."""

    def __init__(self, stack: Stack, http: httpx2.Client) -> None:
        self.stack, self.http = stack, http

    def post(self, path: str, status: int = 200, key: str = "", **form: Any) -> Any:
        reply = self.http.post(f"/v1/{path}", data=form, headers={"Idempotency-Key": key} if key else {})
        assert reply.status_code == status, reply.text
        return reply.json() if status == 200 else reply.json()["error"]

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(f"/v1/{path}", params=query).json()

    def confirmed(self, status: int = 200, **form: Any) -> Any:
        return self.post("setup_intents", status, confirm="true", **form)

    def waiting(self, **form: Any) -> Any:
        made = self.confirmed(**typed(), **WORD, **form)
        assert made["status"] == "requires_action"
        return made

    def now(self, setup: Any) -> Any:
        return self.get(f"setup_intents/{setup['id']}")

    def tries(self, setup: Any) -> list[str]:
        return [one["status"] for one in self.get("setup_attempts", setup_intent=setup["id"])["data"]]

    def told(self, id: str) -> list[str]:
        events = self.get("events", limit="100")["data"]
        return [event["type"] for event in reversed(events) if event["data"]["object"]["id"] == id]

    def mandates(self, method: str) -> int:
        return clients.count(self.stack, "SELECT count(*) FROM pay.mandate WHERE payment_method_id = %s", method)


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Any:
    with clients.http(stack) as http:
        yield Shop(stack, http)


def test_every_test_account_can_be_set_up_however_its_debits_end(shop: Shop) -> None:
    for name, (kind, _) in ALIASES.items():
        if name == UNREACHED:
            continue
        made = shop.confirmed(payment_method=name, **WORD, **{"expand[]": "mandate"})
        assert (made["status"], made["next_action"], made["single_use_mandate"]) == ("succeeded", None, None), name
        assert made["mandate"]["payment_method_details"]["type"] == kind
        assert (made["mandate"]["status"], made["mandate"]["type"], made["mandate"]["payment_method"]) == (
            "active", "multi_use", made["payment_method"])


def test_an_account_that_deposits_cannot_reach_is_not_kept(shop: Shop) -> None:
    for how in ({"payment_method": UNREACHED}, typed("000666666661")):
        error = shop.confirmed(402, **how, **WORD)
        assert (error["type"], error["code"]) == ("card_error", f"{FAILED}failed")
        setup = error["setup_intent"]
        assert (setup["status"], setup["payment_method"], setup["mandate"]) == ("requires_payment_method", None, None)
        assert setup["last_setup_error"]["code"] == f"{FAILED}failed"
        assert shop.tries(setup) == ["failed"]
        assert shop.told(setup["id"]) == ["setup_intent.created", "setup_intent.setup_failed"]
        assert shop.mandates(setup["last_setup_error"]["payment_method"]["id"]) == 0


def test_an_iban_is_kept_with_its_customer_and_debited_later(shop: Shop) -> None:
    customer = shop.post("customers", name="Ada")["id"]
    made = shop.confirmed(payment_method=SEPA, customer=customer, **WORD, **{
        "payment_method_types[]": "sepa_debit", "expand[]": "latest_attempt"})
    assert made["status"] == "succeeded"
    attempt = made["latest_attempt"]
    assert (attempt["status"], attempt["payment_method_details"]) == (
        "succeeded", {"type": "sepa_debit", "sepa_debit": {}})
    assert shop.get("payment_methods/" + made["payment_method"])["customer"] == customer
    mandate = shop.get("mandates/" + made["mandate"])
    assert mandate["payment_method_details"]["sepa_debit"]["reference"]
    assert mandate["customer_acceptance"]["online"] == {"ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0"}
    assert shop.told(made["id"]) == ["setup_intent.created", "setup_intent.succeeded"]
    assert shop.told(made["payment_method"]) == ["payment_method.attached"]
    later = shop.post("payment_intents", amount="990", currency="eur", customer=customer, confirm="true",
                      payment_method=made["payment_method"], off_session="true",
                      **{"payment_method_types[]": "sepa_debit", "expand[]": "latest_charge"})
    assert later["status"] == "processing"
    assert later["latest_charge"]["payment_method_details"]["sepa_debit"]["mandate"] == made["mandate"]
    shop.post(f"payment_methods/{made['payment_method']}/detach")
    assert shop.get("mandates/" + made["mandate"])["status"] == "inactive"


def test_a_typed_account_waits_for_its_deposits_and_is_proven_for_good(shop: Shop) -> None:
    customer = shop.post("customers", name="Ada")["id"]
    method = "payment_method_options[us_bank_account][verification_method]"
    made = shop.waiting(customer=customer, **{
        "payment_method_types[]": "us_bank_account", method: "microdeposits", "expand[]": "latest_attempt"})
    action = made["next_action"]
    assert (action["type"], action["verify_with_microdeposits"]["microdeposit_type"]) == (
        "verify_with_microdeposits", "descriptor_code")
    assert action["verify_with_microdeposits"]["arrival_date"] > made["created"]
    assert "bank-debits" in action["verify_with_microdeposits"]["hosted_verification_url"]
    assert made["payment_method_options"]["us_bank_account"] == {"verification_method": "microdeposits"}
    assert made["latest_attempt"]["status"] == "requires_action"
    assert (made["mandate"], shop.mandates(made["payment_method"])) == (None, 0), "not before the account is proven"
    assert shop.get("payment_methods/" + made["payment_method"])["customer"] is None
    assert shop.told(made["id"]) == ["setup_intent.created", "setup_intent.requires_action"]

    done = shop.post(f"setup_intents/{made['id']}/verify_microdeposits", **DEPOSITS)
    assert (done["status"], done["next_action"], done["payment_method"]) == ("succeeded", None, made["payment_method"])
    assert done["latest_attempt"] == made["latest_attempt"]["id"]
    assert shop.tries(made) == ["succeeded"]
    assert shop.told(made["id"])[2:] == ["setup_intent.succeeded"]
    assert shop.get("payment_methods/" + made["payment_method"])["customer"] == customer
    mandate = shop.get("mandates/" + done["mandate"])
    assert (mandate["payment_method_details"]["type"], mandate["status"]) == ("us_bank_account", "active")

    later = shop.post("payment_intents", amount="990", currency="usd", customer=customer, confirm="true",
                      payment_method=made["payment_method"], off_session="true", **{"expand[]": "latest_charge"})
    assert (later["status"], later["next_action"]) == ("processing", None)
    assert later["latest_charge"]["payment_method_details"]["us_bank_account"]["mandate"] == done["mandate"]
    again = shop.confirmed(payment_method=made["payment_method"], customer=customer)
    assert (again["status"], again["mandate"]) == ("succeeded", done["mandate"]), "the word still holds"


@pytest.mark.parametrize(("told", "status", "code"), [
    ({"amounts[0]": "45", "amounts[1]": "32"}, 200, None), ({"descriptor_code": "SM11AA"}, 200, None),
    ({"amounts[0]": "10", "amounts[1]": "11"}, 402, f"{FAILED}verification_attempts_exceeded"),
    ({"descriptor_code": "SM33CC"}, 402, f"{FAILED}verification_attempts_exceeded"),
    ({"amounts[0]": "40", "amounts[1]": "41"}, 402, f"{FAILED}verification_timeout"),
    ({"descriptor_code": "SM44DD"}, 402, f"{FAILED}verification_timeout"),
    ({"amounts[0]": "1", "amounts[1]": "2"}, 400, f"{FAILED}verification_amounts_mismatch"),
    ({"amounts[0]": "32"}, 400, f"{FAILED}verification_amounts_invalid"),
    ({"descriptor_code": "SM99ZZ"}, 400, f"{FAILED}verification_descriptor_code_mismatch"),
    ({"descriptor_code": "SM11AA", "amounts[0]": "32"}, 400, "parameters_exclusive"), ({}, 400, "parameter_missing")])
def test_what_the_customer_tells_decides(shop: Shop, told: dict[str, str], status: int, code: str | None) -> None:
    made = shop.waiting()
    reply = shop.post(f"setup_intents/{made['id']}/verify_microdeposits", status, **told)
    now = shop.now(made)
    ends = {200: ("succeeded", "succeeded"), 400: ("requires_action", "requires_action"),
            402: ("requires_payment_method", "failed")}
    assert (now["status"], *shop.tries(made)) == ends[status]
    assert shop.mandates(made["payment_method"]) == (1 if status == 200 else 0)
    if status != 200:
        assert reply["code"] == code
    if status == 402:
        assert (reply["type"], reply["setup_intent"]["id"]) == ("card_error", made["id"])
        assert (now["last_setup_error"]["code"], now["payment_method"], now["mandate"]) == (code, None, None)
        assert shop.told(made["id"])[-1] == "setup_intent.setup_failed"
        assert shop.post(f"setup_intents/{made['id']}/verify_microdeposits", 400, **DEPOSITS)["code"] == STATE


def test_an_account_that_was_told_wrong_ten_times_can_no_longer_be_proven(shop: Shop) -> None:
    made, other = shop.waiting(), shop.post("setup_intents", **WORD)
    path, wrong = f"setup_intents/{made['id']}/verify_microdeposits", {"descriptor_code": "SM99ZZ"}
    codes = [shop.post(path, 402 if last else 400, **wrong)["code"] for last in [False] * 9 + [True]]
    assert codes[8:] == [f"{FAILED}verification_descriptor_code_mismatch", f"{FAILED}verification_attempts_exceeded"]
    again = shop.post(f"setup_intents/{other['id']}/confirm", 402, payment_method=made["payment_method"])
    assert again["code"] == f"{FAILED}verification_attempts_exceeded", "another setup gives no more tries"


def test_two_that_wait_share_the_tries_of_their_account(shop: Shop) -> None:
    made = shop.waiting()
    other = shop.confirmed(payment_method=made["payment_method"], **WORD)
    for _ in range(9):
        shop.post(f"setup_intents/{made['id']}/verify_microdeposits", 400, descriptor_code="SM99ZZ")
    shop.post(f"setup_intents/{other['id']}/verify_microdeposits", 402, descriptor_code="SM99ZZ")
    late = shop.post(f"setup_intents/{made['id']}/verify_microdeposits", 402, **DEPOSITS)
    assert late["code"] == f"{FAILED}verification_attempts_exceeded"
    assert shop.mandates(made["payment_method"]) == 0


def test_a_bank_account_needs_its_customers_word(shop: Shop) -> None:
    for how in ({"payment_method": SEPA}, {"payment_method": UNREACHED}, typed()):
        error = shop.confirmed(400, **how)
        assert (error["code"], error["param"]) == ("setup_intent_mandate_invalid", "mandate_data")
    single = shop.confirmed(payment_method=SEPA, **WORD, **{
        "single_use[amount]": "500", "single_use[currency]": "eur", "expand[]": "single_use_mandate"})
    assert (single["mandate"], single["single_use_mandate"]["type"]) == (None, "single_use")
    error = shop.confirmed(400, payment_method=single["payment_method"])
    assert error["code"] == "setup_intent_mandate_invalid", "what was agreed to once is not agreed to for good"


def test_a_word_speaks_of_the_account_that_it_was_given_for(shop: Shop) -> None:
    made = shop.waiting()
    path = f"setup_intents/{made['id']}"
    assert shop.post(f"{path}/confirm", 400, payment_method=SEPA)["code"] == "setup_intent_mandate_invalid"
    assert shop.now(made)["status"] == "requires_action", "a refused request changes nothing"
    shop.post(f"{path}/verify_microdeposits", 402, descriptor_code="SM44DD")
    assert shop.post(f"{path}/confirm", 400, payment_method=SEPA)["code"] == "setup_intent_mandate_invalid"
    early = shop.post("setup_intents", **WORD)
    assert shop.post(f"setup_intents/{early['id']}/confirm", payment_method=SEPA)["status"] == "succeeded"


def test_types_are_what_the_merchant_lists_or_all(shop: Shop) -> None:
    every = ["card", "us_bank_account", "sepa_debit"]
    assert shop.post("setup_intents")["payment_method_types"] == every
    assert shop.post("setup_intents", **{"automatic_payment_methods[enabled]": "true"})["payment_method_types"] == every
    off = shop.post("setup_intents", **{"automatic_payment_methods[enabled]": "false"})
    assert off["payment_method_types"] == ["card"]
    for listed, name in (("card", SEPA), ("sepa_debit", "pm_card_visa"), ("us_bank_account", SEPA)):
        error = shop.confirmed(400, payment_method=name, **WORD, **{"payment_method_types[]": listed})
        assert (error["code"], error["param"]) == ("payment_method_unsupported_type", "payment_method")


def test_giving_up_while_the_deposits_are_on_their_way(shop: Shop) -> None:
    made = shop.waiting()
    gone = shop.post(f"setup_intents/{made['id']}/cancel", cancellation_reason="abandoned")
    assert (gone["status"], gone["next_action"], shop.tries(made)) == ("canceled", None, ["abandoned"])
    assert shop.post(f"setup_intents/{made['id']}/verify_microdeposits", 400, **DEPOSITS)["code"] == STATE
    assert (shop.now(made)["status"], shop.mandates(made["payment_method"])) == ("canceled", 0)


def test_another_method_takes_the_place_of_an_account_that_waits(shop: Shop) -> None:
    given = shop.waiting()
    after = shop.post(f"setup_intents/{given['id']}", payment_method="pm_card_visa")
    assert (after["status"], after["next_action"], shop.tries(given)) == ("requires_confirmation", None, ["abandoned"])
    confirmed = shop.waiting()
    done = shop.post(f"setup_intents/{confirmed['id']}/confirm", payment_method="pm_card_visa")
    assert (done["status"], done["mandate"], shop.tries(confirmed)) == ("succeeded", None, ["succeeded", "abandoned"])
    for setup in (given, confirmed):
        assert shop.post(f"setup_intents/{setup['id']}/verify_microdeposits", 400, **DEPOSITS)["code"] == STATE
        assert shop.mandates(setup["payment_method"]) == 0


def test_confirming_again_sends_new_deposits_and_words_may_change_meanwhile(shop: Shop) -> None:
    made = shop.waiting()
    again = shop.post(f"setup_intents/{made['id']}/confirm")
    assert (again["status"], again["next_action"]["type"]) == ("requires_action", "verify_with_microdeposits")
    assert shop.tries(made) == ["requires_action", "abandoned"], "one try waits at a time"
    shop.post(f"setup_intents/{made['id']}", description="Rent")
    assert shop.tries(made) == ["requires_action", "abandoned"]
    done = shop.post(f"setup_intents/{made['id']}/verify_microdeposits", **DEPOSITS)
    assert (done["status"], done["description"]) == ("succeeded", "Rent")
    assert shop.tries(made) == ["succeeded", "abandoned"]


@pytest.mark.parametrize("form", [{}, DEPOSITS])
def test_only_who_waits_for_deposits_is_told_of_them(shop: Shop, form: dict[str, str]) -> None:
    challenged = shop.confirmed(payment_method="pm_card_authenticationRequired")
    for setup in (shop.post("setup_intents"), challenged, shop.confirmed(payment_method=SEPA, **WORD)):
        error = shop.post(f"setup_intents/{setup['id']}/verify_microdeposits", 400, **form)
        assert error["code"] == (STATE if form else "parameter_missing")
    assert shop.now(challenged)["status"] == "requires_action"


def test_a_shopper_sets_an_account_up_with_the_client_secret(stack: Stack, shop: Shop) -> None:
    made = shop.post("setup_intents", description="Yours")
    secret = {"client_secret": made["client_secret"]}
    with clients.http(stack, stack.publishable_key) as browser:
        waiting = browser.post(f"/v1/setup_intents/{made['id']}/confirm", data={**typed(), **WORD, **secret}).json()
        assert waiting["next_action"]["type"] == "verify_with_microdeposits"
        path = f"/v1/setup_intents/{made['id']}/verify_microdeposits"
        nobody = browser.post(path, data={**DEPOSITS, "client_secret": "seti_x_secret_y"})
        assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "resource_missing")
        assert browser.post(path, data=DEPOSITS).status_code == 404
        wrong = browser.post(path, data={"descriptor_code": "SM33CC", **secret})
        assert (wrong.status_code, "mandate" in wrong.json()["error"]["setup_intent"]) == (402, False)
        browser.post(f"/v1/setup_intents/{made['id']}/confirm", data={**typed(), **WORD, **secret})
        done = browser.post(path, data={**DEPOSITS, **secret}).json()
    assert done["status"] == "succeeded"
    assert not {"mandate", "latest_attempt", "customer"} & done.keys()


def test_the_same_key_is_answered_the_same(shop: Shop) -> None:
    for told, status in ((DEPOSITS, 200), ({"descriptor_code": "SM33CC"}, 402)):
        made = shop.waiting()
        path = f"/v1/setup_intents/{made['id']}/verify_microdeposits"
        first, again = (shop.http.post(path, data=told, headers={"Idempotency-Key": f"told-{made['id']}"})
                        for _ in range(2))
        assert (first.status_code, again.content) == (status, first.content)
        assert again.headers["idempotent-replayed"] == "true"
        assert (len(shop.tries(made)), shop.mandates(made["payment_method"])) == (1, 1 if status == 200 else 0)
    keyed = [shop.confirmed(payment_method=SEPA, **WORD, key="bank-setup-once") for _ in range(2)]
    assert keyed[0] == keyed[1]


def test_racing_answers_end_as_one(shop: Shop) -> None:
    made = shop.waiting(customer=shop.post("customers")["id"])

    def verify(_: int) -> str:
        reply = shop.http.post(f"/v1/setup_intents/{made['id']}/verify_microdeposits", data=DEPOSITS).json()
        return str(reply.get("status") or reply["error"]["code"])

    ends = clients.parallel(8, verify)
    assert ends.count("succeeded") == 1
    assert set(ends) <= {"succeeded", STATE, "lock_timeout"}
    assert shop.told(made["id"]).count("setup_intent.succeeded") == 1
    assert (shop.mandates(made["payment_method"]), shop.tries(made)) == (1, ["succeeded"])


def test_the_official_client_has_the_types(stack: Stack) -> None:
    v1 = clients.client(stack).v1
    made = v1.setup_intents.create({
        "confirm": True, "payment_method_types": ["us_bank_account"], "expand": ["latest_attempt"],
        "payment_method_data": {"type": "us_bank_account", "us_bank_account": {
            "account_number": "000123456789", "routing_number": "110000000", "account_holder_type": "company"}},
        "mandate_data": {"customer_acceptance": {"type": "offline"}}})
    assert made.next_action
    assert made.next_action.verify_with_microdeposits
    assert isinstance(made.latest_attempt, stripe.SetupAttempt)
    assert made.latest_attempt.payment_method_details.type == "us_bank_account"
    with pytest.raises(stripe.CardError) as refused:
        v1.setup_intents.verify_microdeposits(made.id, {"descriptor_code": "SM33CC"})
    told: Any = refused.value.error
    assert told.setup_intent["status"] == "requires_payment_method"


def test_no_bank_is_there_in_live_mode(stack: Stack) -> None:
    live = Shop(stack, clients.http(stack, clients.another_account(stack, "live").secret_key))
    with live.http:
        assert live.confirmed(400, payment_method=SEPA, **WORD)["code"] == "resource_missing"
        error = live.confirmed(400, **typed(), **WORD)
        assert (error["code"], error["param"]) == ("livemode_mismatch", "payment_method")
