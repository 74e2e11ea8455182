"""Random walks over running objects: whatever is asked of them in whatever order, they never leave their tables.

Each machine sends real requests to the running stack. After every one it reads the object back: its status must have
a way in the table from the one before, no answer may be a 5xx, and what is final stays as it is.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from backend.checkout_sessions.states import TABLE
from backend.payments.states import INTENT
from backend.setups.states import SETUP
from tests.conformance import clients
from tests.stack import Stack

WALK = settings(max_examples=20, stateful_step_count=12, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck))
CARDS = st.sampled_from(["pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required",
                         "pm_card_radarBlock", "pm_card_chargeCustomerFail", "pm_card_createDispute"])
ACCOUNTS = st.sampled_from(["pm_usBankAccount_success", "pm_usBankAccount_failMicrodeposits",
                            "pm_sepaDebit_success_de", "000123456789", "000666666661"])
"""Bank accounts by name, or by the number that was typed."""
TOLD = st.sampled_from(["SM11AA", "SM33CC", "SM44DD", "SM99ZZ"])
WORD = {"mandate_data[customer_acceptance][type]": "offline"}
CODE = "WALKING"
SAID = frozenset({200, 400, 402, 404, 429})


def ways(table: dict[Any, Any], within: Iterable[str] = ()) -> dict[str, set[str]]:
    """Status -> the statuses that one request can leave behind: one step, or more that pass only through `within`."""
    steps: dict[str, set[str]] = {}
    for (before, _), to in table.items():
        steps.setdefault(str(before), set()).add(str(to))
    reach = {}
    for status in {*steps, *(to for tos in steps.values() for to in tos)}:
        found, edge = {status}, {status}
        while edge:
            edge = {to for at in edge for to in steps.get(at, ())} - found
            found |= edge
            edge &= set(within)
        reach[status] = found
    return reach


class Walk(RuleBasedStateMachine):
    """What the three walks share; `stack` is set by the test."""

    stack: ClassVar[Stack]
    path: ClassVar[str]
    table: ClassVar[dict[str, set[str]]]

    def __init__(self) -> None:
        super().__init__()
        self.http = clients.http(self.stack)
        self.id, self.seen = "", "none"
        self.object: dict[str, Any] = {}

    def teardown(self) -> None:
        self.http.close()

    def ask(self, verb: str = "", **form: str) -> httpx2.Response:
        answer = self.http.post(f"{self.path}/{self.id}{verb}" if self.id else self.path, data=form)
        self.check(answer)
        return answer

    def check(self, answer: httpx2.Response) -> None:
        assert answer.status_code in SAID, answer.text
        if not self.id:
            shown = answer.json()
            shown = shown.get("error", {}).get(self.path.rsplit("/", 1)[1].removesuffix("s"), shown)
            self.id = shown["id"]
        self.look()

    def look(self) -> None:
        """Read it back and see whether the table has that way."""
        now = self.http.get(f"{self.path}/{self.id}").json()
        assert now["status"] in self.table[self.seen], f"{self.seen} -> {now['status']}"
        if self.table[now["status"]] == {now["status"]}:  # final
            assert self.seen != now["status"] or self.frozen(now) == self.frozen(self.object)
        self.seen, self.object = now["status"], now

    def frozen(self, shown: dict[str, Any]) -> dict[str, Any]:
        """What of a final object can never change."""
        return {name: value for name, value in shown.items() if name not in ("metadata", "description")}

    def challenged(self, *, good: bool) -> None:
        action = self.object.get("next_action")
        if action and "use_stripe_sdk" in action:
            with clients.Shopper() as shopper:
                shopper.authenticate(action["use_stripe_sdk"]["stripe_js"],
                                     press="test-source-authorize-3ds" if good else clients.FAIL)
        self.look()


def _named(method: str | None) -> dict[str, str]:
    """The parameters that name a method: its id, or the number of an account."""
    if method is None or not method.isdigit():
        return {"payment_method": method} if method else {}
    return {"payment_method_data[type]": "us_bank_account",
            "payment_method_data[us_bank_account][routing_number]": "110000000",
            "payment_method_data[us_bank_account][account_number]": method}


class Payment(Walk):
    """A PaymentIntent."""

    path, table = "/v1/payment_intents", ways(INTENT, ("processing",))

    @initialize(card=st.none() | CARDS, confirm=st.booleans(), manual=st.booleans())
    def create(self, card: str | None, confirm: bool, manual: bool) -> None:
        form = {"amount": "1500", "currency": "usd", "capture_method": "manual" if manual else "automatic"}
        form |= {"payment_method": card} if card else {}
        form |= {f"payment_method_options[card][request_{name}]": "if_available"
                 for name in ("multicapture", "incremental_authorization")}
        self.ask(**form, **({"confirm": "true"} if card and confirm else {}))

    @rule(card=st.none() | CARDS, away=st.booleans())
    def confirm(self, card: str | None, away: bool) -> None:
        self.ask("/confirm", **({"payment_method": card} if card else {}), **({"off_session": "true"} if away else {}))

    @rule(card=CARDS)
    def give(self, card: str) -> None:
        self.ask(payment_method=card)

    @rule(amount=st.sampled_from(["1000", "1500", "9000"]))
    def change(self, amount: str) -> None:
        self.ask(amount=amount)

    @rule(amount=st.sampled_from(["", "700", "1500", "1501"]), final=st.sampled_from(["", "false"]))
    def capture(self, amount: str, final: str) -> None:
        self.ask("/capture", **({"amount_to_capture": amount} if amount else {}),
                 **({"final_capture": final} if final else {}))

    @rule(amount=st.sampled_from(["1500", "2000", "9000"]))
    def increment(self, amount: str) -> None:
        self.ask("/increment_authorization", amount=amount)

    @rule()
    def cancel(self) -> None:
        self.ask("/cancel")

    @precondition(lambda self: self.seen == "requires_action")
    @rule(good=st.booleans())
    def challenge(self, good: bool) -> None:
        self.challenged(good=good)

    def frozen(self, shown: dict[str, Any]) -> dict[str, Any]:
        assert shown["status"] in ("succeeded", "canceled")
        assert (shown["amount_received"] > 0) == (shown["status"] == "succeeded")
        return super().frozen(shown)


class SetUp(Walk):
    """A SetupIntent."""

    path, table = "/v1/setup_intents", ways(SETUP)

    @initialize(method=st.none() | CARDS | ACCOUNTS, confirm=st.booleans())
    def create(self, method: str | None, confirm: bool) -> None:
        form = _named(method)
        self.ask(**form, **({"confirm": "true", **WORD} if method and confirm else {}))

    @rule(method=st.none() | CARDS | ACCOUNTS, agreed=st.booleans())
    def confirm(self, method: str | None, agreed: bool) -> None:
        self.ask("/confirm", **_named(method), **(WORD if agreed else {}))

    @rule(method=CARDS | ACCOUNTS)
    def give(self, method: str) -> None:
        self.ask(**_named(method))

    @rule(code=TOLD)
    def verify(self, code: str) -> None:
        before = self.object
        answer = self.ask("/verify_microdeposits", descriptor_code=code)
        waited = (before["next_action"] or {}).get("type") == "verify_with_microdeposits"
        assert answer.status_code == ({"SM11AA": 200, "SM99ZZ": 400}.get(code, 402) if waited else 400), answer.text

    @rule()
    def describe(self) -> None:
        self.ask(description="again")

    @rule()
    def cancel(self) -> None:
        self.ask("/cancel")

    @precondition(lambda self: self.seen == "requires_action")
    @rule(good=st.booleans())
    def challenge(self, good: bool) -> None:
        self.challenged(good=good)

    def look(self) -> None:
        super().look()
        now = self.object
        assert bool(now["next_action"]) == (now["status"] == "requires_action")
        assert now["status"] == "succeeded" or now["mandate"] is None, "a word without a setup"
        tries = self.http.get("/v1/setup_attempts", params={"setup_intent": self.id}).json()["data"]
        waiting = [one["id"] for one in tries if one["status"] == "requires_action"]
        assert waiting == ([now["latest_attempt"]] if now["next_action"] else [])
        if now["status"] == "succeeded":
            ended, = (one for one in tries if one["status"] == "succeeded")
            assert ended["id"] == now["latest_attempt"]
            assert now["mandate"] or ended["payment_method_details"]["type"] == "card"


def _way(index: int, amount: str) -> dict[str, str]:
    """A way of shipping."""
    here = f"shipping_options[{index}][shipping_rate_data]"
    return {f"{here}[display_name]": f"Way {index}", f"{here}[type]": "fixed_amount",
            f"{here}[fixed_amount][amount]": amount, f"{here}[fixed_amount][currency]": "usd"}


class Session(Walk):
    """A Checkout Session, from the merchant's side and from the shopper's."""

    path, table = "/v1/checkout/sessions", ways(TABLE)

    @initialize()
    def create(self) -> None:
        item = "line_items[0][price_data]"
        answer = self.http.post(self.path, data={
            "mode": "payment", "success_url": "http://localhost/done", "line_items[0][quantity]": "1",
            f"{item}[currency]": "usd", f"{item}[unit_amount]": "2000", f"{item}[product_data][name]": "Notebook",
            "line_items[0][adjustable_quantity][enabled]": "true", "line_items[0][adjustable_quantity][maximum]": "3",
            "allow_promotion_codes": "true", **_way(0, "500"), **_way(1, "900")})
        self.id = answer.json()["id"]
        self.look()
        self.line = self.http.get(f"{self.path}/{self.id}/line_items").json()["data"][0]["id"]

    @rule(card=CARDS)
    def pay(self, card: str) -> None:
        page = {"Host": f"pay.localhost:{self.stack.port}", "Sec-Fetch-Site": "same-origin"}
        answer = self.http.post(f"/c/{self.id}/pay", headers=page,
                                json={"payment_method": card, "email": "jenny@example.com"})
        assert answer.status_code < 500, answer.text
        self.look()

    @rule(change=st.sampled_from(["code", "no code", "slow", "fast", "1", "3", "4"]))
    def change(self, change: str) -> None:
        """What the shopper can do to the order."""
        ways = [way["shipping_rate"] for way in self.object["shipping_options"]]
        said = {"code": {"promotion_code": CODE}, "no code": {"remove_code": "1"}, "slow": {"shipping_rate": ways[0]},
                "fast": {"shipping_rate": ways[1]}}.get(change, {"item": self.line, "quantity": change})
        page = {"Host": f"pay.localhost:{self.stack.port}", "Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
        assert self.http.post(f"/c/{self.id}/order", headers=page, data=said).status_code == 200
        self.look()

    def look(self) -> None:
        """As always, and the sums: the order's own, its lines', its payment's, and what was charged."""
        super().look()
        session, details = self.object, self.object["total_details"]
        assert session["amount_total"] == (session["amount_subtotal"] - details["amount_discount"]
                                           + details["amount_shipping"])
        lines = self.http.get(f"{self.path}/{self.id}/line_items").json()["data"]
        assert sum(line["amount_total"] for line in lines) + details["amount_shipping"] == session["amount_total"]
        if payment := session["payment_intent"]:
            intent = self.http.get(f"/v1/payment_intents/{payment}").json()
            assert intent["amount"] == session["amount_total"]
            assert intent["amount_received"] == (session["amount_total"] if session["status"] == "complete" else 0)

    @rule()
    def expire(self) -> None:
        self.ask("/expire")

    @rule()
    def touch_its_payment(self) -> None:
        """What the session's own page does the API must not do past it."""
        if payment := self.object["payment_intent"]:
            assert self.http.post(f"/v1/payment_intents/{payment}/confirm").status_code in SAID
            assert self.http.post(f"/v1/payment_intents/{payment}/cancel").status_code in SAID
        self.look()

    def frozen(self, shown: dict[str, Any]) -> dict[str, Any]:
        assert (shown["payment_status"] == "paid") == (shown["status"] == "complete")
        return super().frozen(shown)


@pytest.mark.parametrize("machine", [Payment, SetUp, Session])
def test_no_walk_leaves_the_table(stack: Stack, machine: type[Walk]) -> None:
    machine.stack = stack
    with clients.http(stack) as http:  # the code that a shopper may know; it may stand there from a walk before
        coupon = http.post("/v1/coupons", data={"percent_off": "25", "duration": "once"}).json()["id"]
        http.post("/v1/promotion_codes", data={"promotion[type]": "coupon", "promotion[coupon]": coupon, "code": CODE})
    run_state_machine_as_test(machine, settings=WALK)
