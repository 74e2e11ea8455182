"""Card testing ends within twenty tries on every surface, and whoever else buys there at that moment may pay."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from backend.config import Settings
from tests import testers
from tests.conformance.clients import another_account, count, superuser
from tests.stack import Stack, running
from tests.testers import GOOD, Attack, Browser, browsers, numbers

TRIES = 26
MANY = 40
WITHIN = 20
PER_PAYMENT = 5
CODE = "card_decline_rate_limit_exceeded"
ATTACKER, HONEST = "127.0.1.1", "127.0.2.1"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Stack]:
    """A stack with the budgets that an operator gets who sets none."""
    with running(DECLINE_BUDGETS_TEST=Settings.model_fields["decline_budgets_test"].default) as stack:
        yield stack


async def buys(one: Browser) -> None:
    """An honest shopper pays on the hosted page, with an intent, and keeps a card."""
    session = (await one.shop.session())["id"]
    answer = await one.pay(session, GOOD)
    assert answer is not None
    assert answer.json()["status"] == "complete", answer.text
    paid = await one.confirm(await one.intent(), "5555555555554444")
    assert paid.json()["status"] == "succeeded", paid.text
    kept = await one.confirm(await one.made("/v1/setup_intents"), GOOD)
    assert kept.json()["status"] == "succeeded", kept.text


@pytest.mark.parametrize("attack", testers.ATTACKS, ids=lambda one: one.__name__)
async def test_a_script_is_stopped_and_honest_shoppers_pay(guarded: Stack, attack: Attack) -> None:
    async with browsers(guarded, another_account(guarded), ATTACKER, HONEST) as (thief, shopper):
        for _ in range(2):
            await attack([thief], numbers(1), TRIES // 2)
            await buys(shopper)
        assert 0 < thief.tested <= WITHIN
        if attack.__name__.startswith("one_") and attack is not testers.one_link:
            assert thief.tested <= 2 * PER_PAYMENT


@pytest.mark.parametrize("attack", [testers.one_session, testers.one_link, testers.one_intent, testers.one_setup],
                         ids=lambda one: one.__name__)
async def test_many_addresses_do_not_help_where_the_payment_or_its_link_counts(guarded: Stack, attack: Attack) -> None:
    async with browsers(guarded, another_account(guarded), *(f"127.0.{n}.1" for n in range(10, 30)), HONEST) as them:
        *thieves, shopper = them
        await attack(thieves, numbers(2), TRIES)
        await buys(shopper)
        assert 0 < sum(thief.tested for thief in thieves) <= WITHIN


async def test_a_link_that_was_tested_on_says_when_it_opens_again(guarded: Stack) -> None:
    """To its visitors, and to whoever came before and pays now, with a script and without."""
    async with browsers(guarded, another_account(guarded), *(f"127.0.{n}.1" for n in range(50, 70)), HONEST) as them:
        *thieves, shopper = them
        link, cards = await shopper.link(), numbers(10)
        early = await shopper.visit(link)
        assert early
        token = await shopper.shop.token(early)
        form = (await shopper.shop.page(f"/c/{early}/pay?payment_method={token}")).text
        for thief in thieves:
            session = await thief.visit(link)
            assert session
            await thief.pay(session, next(cards))
        assert [thief.tested for thief in thieves] == [1] * WITHIN

        visited = await shopper.shop.page(link)
        asked = {"payment_method": token, "token": form.split('name="token" value="')[1].split('"')[0], "seen": "2000"}
        confirmed = await shopper.shop.page(f"/c/{early}/confirm", "POST", data=asked)
        for page, again in ((visited, link), (confirmed, f"/c/{early}")):
            assert page.status_code == 429
            assert 60 < int(page.headers["retry-after"]) <= 600
            assert "Please come back later" in page.text
            assert re.search(r"You have not been charged\. .* You can try again in about \d+ minutes\.", page.text)
            assert f'href="{again}"' in page.text
            assert "no longer active" not in page.text
        german = await shopper.shop.page(link, headers={"accept-language": "de"})
        assert re.search(r"Sie können es in etwa \d+ Minuten noch einmal versuchen\.", german.text)
        paid = await shopper.pay(early, GOOD)
        assert paid is not None
        assert (paid.status_code, paid.json()["error"]["code"]) == (429, CODE)
        assert "You can try again in about" in paid.json()["error"]["message"]


async def test_one_card_with_many_codes_is_stopped_whatever_is_bought_from_where(guarded: Stack) -> None:
    async with browsers(guarded, another_account(guarded), *(f"127.0.{n}.1" for n in range(30, 50)), HONEST) as them:
        *thieves, shopper = them
        card = next(numbers(3))
        for thief in thieves:
            await thief.confirm(await thief.intent(), card)
        assert sum(thief.tested for thief in thieves) == 8
        await buys(shopper)


async def test_a_crowd_at_one_moment_gets_no_further_than_one_after_another(guarded: Stack) -> None:
    account = another_account(guarded)
    async with browsers(guarded, account, ATTACKER, HONEST) as (thief, shopper):
        cards, some = numbers(4), [await thief.intent() for _ in range(60)]
        methods = [await thief.card(next(cards)) for _ in some]
        await asyncio.gather(*(thief.post(f"/v1/payment_intents/{intent['id']}/confirm", payment_method=method,
                                          client_secret=intent["client_secret"])
                               for intent, method in zip(some, methods, strict=True)))
        judged = count(guarded, "SELECT count(*) FROM pay.attempt WHERE env = %s AND status = 'declined'", account.env)
        assert 0 < thief.tested == judged <= WITHIN
        await buys(shopper)
        with superuser(guarded) as link:
            rows = link.execute("SELECT sum(underway) FROM pay.brake WHERE env = %s", (account.env,)).fetchone()
        assert rows == (0,)


async def test_a_merchants_own_server_is_never_held(guarded: Stack) -> None:
    """Forty declined cards, and forty times the same one: each is asked about. Its shoppers pay meanwhile."""
    account = another_account(guarded)
    async with browsers(guarded, account, ATTACKER) as (server,):
        cards = numbers(5)
        for number in [*(next(cards) for _ in range(MANY)), *["4000000000000002"] * MANY]:
            answer = await server.http.post(f"{guarded.api_base}/v1/payment_intents", data={
                "amount": "1000", "currency": "usd", "confirm": "true", "payment_method": await server.card(number)},
                auth=(account.secret_key, ""))
            assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
        await buys(server)


async def test_the_refusal_says_what_to_do_and_is_not_sent_again_by_itself(guarded: Stack) -> None:
    async with browsers(guarded, another_account(guarded), ATTACKER) as (thief,):
        intent = await thief.intent()
        for number in [number for number, _ in zip(numbers(6), range(PER_PAYMENT), strict=False)]:
            assert (await thief.confirm(intent, number)).status_code == 402
        closed = await thief.confirm(intent, GOOD)
        assert (closed.status_code, closed.json()["error"]["code"]) == (400, CODE)
        assert "Nothing was charged" in closed.json()["error"]["message"]
        await testers.many_intents([thief], numbers(7), 15)
        over = await thief.confirm(await thief.intent(), GOOD)
        assert (over.status_code, over.json()["error"]["code"]) == (429, CODE)
        assert int(over.headers["retry-after"]) > 1
        assert over.headers["stripe-should-retry"] == "false"
        page = await thief.pay((await thief.shop.session())["id"], GOOD)
        assert page is not None
        assert (page.status_code, page.json()["error"]["code"]) == (429, CODE)
        server = await thief.made(f"/v1/payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
        assert server["status"] == "succeeded"


async def test_after_two_declines_the_cardholder_must_show_who_they_are(guarded: Stack) -> None:
    optional = "4000000000003055"
    async with browsers(guarded, another_account(guarded), ATTACKER) as (one,):
        first, second = await one.intent(), await one.intent()
        assert (await one.confirm(first, optional)).json()["status"] == "succeeded"
        cards = numbers(8)
        for _ in range(2):
            assert (await one.confirm(second, next(cards))).status_code == 402
        asked = await one.confirm(second, optional)
        assert asked.json()["status"] == "requires_action", asked.text


async def test_challenges_that_are_left_open_count_as_tries(guarded: Stack) -> None:
    """Whether the bank asks is an answer, too: it tells that there is such a card."""
    async with browsers(guarded, another_account(guarded), ATTACKER) as (thief,):
        intent, told = await thief.intent(), []
        for _ in range(PER_PAYMENT + 3):
            told.append((await thief.confirm(intent, "4000002760003184")).status_code)
        assert told == [200] * PER_PAYMENT + [400] * 3


async def test_a_closed_session_is_over_and_gives_back_what_it_held(guarded: Stack) -> None:
    async with browsers(guarded, another_account(guarded), ATTACKER, HONEST) as (thief, shopper):
        made = await thief.made("/v1/payment_links", **{
            "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "2000",
            "line_items[0][price_data][product_data][name]": "The last one",
            "restrictions[completed_sessions][limit]": "1"})
        path = "/l/" + str(made["url"]).rpartition("/")[2]
        session, cards = await thief.visit(path), numbers(9)
        assert session
        for _ in range(PER_PAYMENT + 1):
            await thief.pay(session, next(cards))
        found = await thief.shop.look(session)
        assert (found["status"], found["payment_status"]) == ("expired", "unpaid")
        other = await shopper.visit(path)
        assert other
        answer = await shopper.pay(other, GOOD)
        assert answer is not None
        assert answer.json()["status"] == "complete"


async def test_far_more_declines_than_usual_ring_the_merchants_alarm(guarded: Stack) -> None:
    account = another_account(guarded)
    async with browsers(guarded, account, HONEST) as (server,):
        async def many(card: str, times: int) -> None:
            for _ in range(times):
                await server.http.post(f"{guarded.api_base}/v1/payment_intents", data={
                    "amount": "1000", "currency": "usd", "confirm": "true", "payment_method": card},
                    auth=(account.secret_key, ""))

        def alarms() -> int:
            return count(guarded, "SELECT count(*) FROM pay.brake WHERE env = %s AND alarm_until > now()", account.env)

        await many("pm_card_visa", 10)
        await many("pm_card_visa_chargeDeclined", 39)
        assert alarms() == 0
        assert (await server.confirm(await server.intent(), "4000000000003055")).json()["status"] == "succeeded"
        await many("pm_card_visa_chargeDeclined", 1)
        assert alarms() == 1
        asked = await server.confirm(await server.intent(), "4000000000003055")
        assert asked.json()["status"] == "requires_action"
        await buys(server)
