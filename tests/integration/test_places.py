"""Places of a link that is sold a number of times: kept while the shopper is there, free soon after they left."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from backend import ids
from tests.browser.shop import Shop
from tests.integration.test_payment_links import DECLINED, link, pay, visit
from tests.stack import Stack

CHECKED = "4000002760003184"
"""A card whose bank wants to see its holder."""
MINUTES = 15


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


def timer(shop: Shop, session: str) -> float | None:
    """In how many minutes somebody looks at a session; None when nobody will."""
    return _due(shop, session, "SELECT extract(epoch FROM at - now())::float / 60 FROM pay.due")


def ring(shop: Shop, session: str, minutes: float = 0) -> None:
    """Let it be looked at now, or so many minutes later, as if the time between had gone by."""
    _due(shop, session, f"UPDATE pay.due SET at = now() + interval '{minutes} minutes'")


def _due(shop: Shop, session: str, statement: str) -> Any:
    with psycopg.connect(shop.stack.urls.app) as database:
        database.execute("SELECT set_config('app.env', %s, true)", (str(ids.environment(session)),))
        found = database.execute(f"{statement} WHERE kind = 'session' AND object_id = %s", (session,))
        return (found.fetchone() or (None,))[0] if found.description else None


async def limited(shop: Shop, limit: int, visits: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A link with so many places, and its visitors' sessions."""
    made = await link(shop, restrictions__completed_sessions__limit=str(limit))
    return made, [await visit(shop, made) for _ in range(visits)]


async def to_the_bank(shop: Shop, session: dict[str, Any]) -> str:
    """Pay with a card whose bank asks; the path of its check."""
    answer = (await pay(shop, session, CHECKED)).json()
    assert answer["status"] == "requires_action"
    return "/3ds/" + str(answer["url"]).rpartition("/")[2]


async def freed(shop: Shop, session: dict[str, Any]) -> None:
    """Wait for the worker to have looked at a session and put it off to its own end; no page is asked, which would be a
    sign of life."""
    async with asyncio.timeout(120):
        while (timer(shop, session["id"]) or 0) < 20 * 60:
            await asyncio.sleep(0.2)


async def test_a_shopper_who_left_gives_the_place_back_and_may_come_again(shop: Shop) -> None:
    made, [first, second] = await limited(shop, 1, 2)
    await to_the_bank(shop, first)
    assert MINUTES - 1 < (timer(shop, first["id"]) or 0) <= MINUTES
    assert (await pay(shop, second)).json()["error"]["code"] == "payment_link_sold_out"
    ring(shop, first["id"])
    await freed(shop, first)
    intent = (await shop.look(first["id"]))["payment_intent"]
    now = (await shop.api("GET", f"/v1/payment_intents/{intent}")).json()
    assert (now["status"], now["last_payment_error"]["code"]) == (
        "requires_payment_method", "payment_intent_authentication_failure")
    late = await shop.token(second["id"])
    assert (await pay(shop, first)).json()["status"] == "complete"  # a place was left
    told = (await shop.pay(second["id"], late)).json()["error"]
    assert (told["code"], "have not been charged" in told["message"]) == ("payment_link_sold_out", True)
    now = (await shop.api("GET", f"/v1/payment_links/{made['id']}")).json()
    assert now["restrictions"]["completed_sessions"] == {"count": 1, "limit": 1}


async def test_who_comes_back_to_a_place_that_is_gone_is_not_charged(shop: Shop) -> None:
    _, [first, second] = await limited(shop, 1, 2)
    check = await to_the_bank(shop, first)
    ring(shop, first["id"])
    await freed(shop, first)
    assert (await pay(shop, second)).json()["status"] == "complete"
    assert (await shop.page(f"{check}/complete", "POST")).status_code == 200  # the bank's page, too late
    assert await shop.charges(first["id"]) == []
    assert (await shop.page(f"/c/{first['id']}")).status_code == 410


async def test_whoever_is_seen_keeps_the_place(shop: Shop) -> None:
    _, [first, second] = await limited(shop, 1, 2)
    await to_the_bank(shop, first)
    for path in (f"/c/{first['id']}", f"/c/{first['id']}/status"):
        ring(shop, first["id"], minutes=1)
        await shop.page(path)
        assert (timer(shop, first["id"]) or 0) > MINUTES - 1
    assert (await pay(shop, second)).json()["error"]["code"] == "payment_link_sold_out"


async def test_a_link_without_a_limit_hurries_nobody(shop: Shop) -> None:
    session = await visit(shop, await link(shop))
    await to_the_bank(shop, session)
    await shop.page(f"/c/{session['id']}/status")
    assert (timer(shop, session["id"]) or 0) > 20 * 60
    ring(shop, session["id"])
    await freed(shop, session)
    assert (await shop.page(f"/c/{session['id']}/status")).json()["status"] == "requires_action"


async def test_fifty_payers_at_one_moment_buy_every_place_and_no_more(shop: Shop) -> None:
    """Some leave at their bank, some are declined, all others pay; then everybody tries again."""
    made, everybody = await limited(shop, 7, 50)
    leavers = everybody[:4]
    for one in leavers:
        await to_the_bank(shop, one)
    cards = [DECLINED if number % 3 == 0 else "4242424242424242" for number in range(50)]
    tokens = [await shop.token(one["id"], card) for one, card in zip(everybody, cards, strict=True)]
    await asyncio.gather(*(shop.pay(one["id"], token)
                           for one, token in list(zip(everybody, tokens, strict=True))[4:]))
    held = await sold(shop, everybody)
    assert held <= 3  # four places are with those at the bank
    for one in leavers:
        ring(shop, one["id"])
    await asyncio.gather(*(freed(shop, one) for one in leavers))
    again = [one for one in everybody if (await shop.look(one["id"]))["status"] == "open"]
    tokens = [await shop.token(one["id"]) for one in again]
    answers = await asyncio.gather(*(shop.pay(one["id"], token) for one, token in zip(again, tokens, strict=True)))
    told = [answer.json().get("status") or answer.json()["error"]["code"] for answer in answers]
    assert sorted(told) == ["complete"] * (7 - held) + ["payment_link_sold_out"] * 43
    assert await sold(shop, everybody) == 7
    now = (await shop.api("GET", f"/v1/payment_links/{made['id']}")).json()
    assert now["restrictions"]["completed_sessions"] == {"count": 7, "limit": 7}


async def sold(shop: Shop, sessions: list[dict[str, Any]]) -> int:
    """How many sessions were charged; each at most once."""
    counts = [len(await shop.charges(one["id"])) for one in sessions]
    assert set(counts) <= {0, 1}
    return sum(counts)
