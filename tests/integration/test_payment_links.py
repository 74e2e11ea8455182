"""Visits to payment links over HTTP: fresh sessions, what the address may say, and places that are sold once."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from backend import ids
from tests import qr_codes
from tests.browser.shop import Shop
from tests.stack import Stack

DECLINED = "4000000000000002"


@pytest.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


async def api(shop: Shop, path: str, **data: str) -> dict[str, Any]:
    """A POST; in `data` the name a__b__c stands for a[b][c]."""
    answer = await shop.api("POST", path, {re.sub(r"__(\w+?)(?=__|$)", r"[\1]", name): value
                                           for name, value in data.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def link(shop: Shop, **more: str) -> dict[str, Any]:
    item = {"line_items__0__quantity": "1", "line_items__0__price_data__currency": "usd",
            "line_items__0__price_data__unit_amount": "2000",
            "line_items__0__price_data__product_data__name": "Field notebook"}
    return await api(shop, "/v1/payment_links", **item, **more)


def path_of(link: dict[str, Any]) -> str:
    return "/l/" + link["url"].rpartition("/")[2]


async def visit(shop: Shop, link: dict[str, Any], said: str = "") -> dict[str, Any]:
    """The session that a visit begins, as the API shows it."""
    answer = await shop.page(path_of(link) + said)
    assert answer.status_code == 303, answer.text
    return await shop.look(answer.headers["location"].rpartition("/")[2])


async def pay(shop: Shop, session: dict[str, Any], number: str = "4242424242424242") -> Any:
    return await shop.pay(session["id"], await shop.token(session["id"], number))


async def test_every_visit_begins_a_session_of_its_own(shop: Shop) -> None:
    made = await link(shop, metadata__shelf="7", submit_type="donate", payment_intent_data__description="Notes")
    assert made["url"].startswith(f"{shop.pay_base}/l/")
    first, second = await visit(shop, made), await visit(shop, made)
    assert first["id"] != second["id"]
    assert (first["payment_link"], first["metadata"], first["submit_type"]) == (made["id"], {"shelf": "7"}, "donate")
    assert (first["amount_total"], first["success_url"], first["status"]) == (2000, None, "open")
    found = (await shop.api("GET", f"/v1/checkout/sessions?payment_link={made['id']}")).json()
    assert {one["id"] for one in found["data"]} == {first["id"], second["id"]}
    await pay(shop, first)
    intent = (await shop.api("GET", f"/v1/payment_intents/{(await shop.look(first['id']))['payment_intent']}")).json()
    assert intent["description"] == "Notes"


async def test_visits_are_counted_for_who_asks(shop: Shop) -> None:
    made, other = await link(shop), await link(shop)
    sessions = await asyncio.gather(*(visit(shop, made) for _ in range(50)))
    assert (await shop.page(path_of(made), "HEAD")).status_code == 200  # who only looks is no visit
    for one, card in zip(sessions, (DECLINED, "4242424242424242", "4242424242424242"), strict=False):
        await pay(shop, one, card)
    plain = (await shop.api("GET", f"/v1/payment_links/{made['id']}")).json()
    asked = (await shop.api("GET", f"/v1/payment_links/{made['id']}?expand[]=visits")).json()
    assert asked == {**plain, "visits": {"views": 50, "started": 3, "completed": 2}}
    assert "visits" not in plain
    listed = (await shop.api("GET", "/v1/payment_links?limit=2&expand[]=data.visits")).json()["data"]
    assert {one["id"]: one["visits"]["views"] for one in listed} == {made["id"]: 50, other["id"]: 0}


async def test_who_only_looks_begins_nothing(shop: Shop) -> None:
    made = await link(shop)
    assert (await shop.page(path_of(made), "HEAD")).status_code == 200
    assert (await shop.api("GET", f"/v1/checkout/sessions?payment_link={made['id']}")).json()["data"] == []


async def test_the_address_may_say_who_comes_and_from_where(shop: Shop) -> None:
    made = await link(shop, after_completion__type="redirect",
                      after_completion__redirect__url=f"{shop.thanks}?s={{CHECKOUT_SESSION_ID}}#top")
    session = await visit(shop, made, "?prefilled_email=ada%40example.com&client_reference_id=order-1"
                                      "&utm_source=mail&utm_term=a%20b&utm_campaign=" + "x" * 151)
    assert (session["customer_email"], session["client_reference_id"]) == ("ada@example.com", "order-1")
    assert session["success_url"] == f"{shop.thanks}?s={{CHECKOUT_SESSION_ID}}&utm_source=mail#top"
    paid = (await pay(shop, session)).json()
    assert paid == {"status": "complete", "url": f"{shop.thanks}?s={session['id']}&utm_source=mail#top"}


async def test_an_email_address_that_is_locked_is_whose_payment_it_is(shop: Shop) -> None:
    said = "?locked_prefilled_email=grace%40example.com&prefilled_email=ada%40example.com"
    session = await visit(shop, await link(shop), said)
    assert session["customer_email"] == "grace@example.com"
    assert re.search(r'value="grace@example.com"\s+readonly', (await shop.page(f"/c/{session['id']}")).text)
    assert "email_locked" not in session
    assert (await pay(shop, session)).json()["status"] == "complete"  # whatever was sent beside the card
    assert (await shop.look(session["id"]))["customer_details"]["email"] == "grace@example.com"
    free = await visit(shop, await link(shop), "?locked_prefilled_email=nobody&prefilled_email=ada%40example.com")
    page = (await shop.page(f"/c/{free['id']}")).text
    assert (free["customer_email"], "readonly" in page) == ("ada@example.com", False)


@pytest.mark.parametrize("said", [
    "?prefilled_email=nobody", "?locked_prefilled_email=4242424242424242%40example.com",
    "?prefilled_email=" + "a" * 512 + "@example.com", "?client_reference_id=a%20b",
    "?client_reference_id=" + "r" * 201, "?client_reference_id=4242424242424242", "?client_reference_id=%00",
    "?prefilled_email=4242424242424242%40example.com", "?currency=eur&amount=1&line_items=x&metadata[a]=b"])
async def test_what_an_address_says_wrongly_is_dropped(shop: Shop, said: str) -> None:
    session = await visit(shop, await link(shop), said)
    assert (session["customer_email"], session["client_reference_id"], session["metadata"]) == (None, None, {})
    assert (session["amount_total"], session["currency"]) == (2000, "usd")


async def test_a_link_that_is_switched_off_says_so_kindly(shop: Shop) -> None:
    made = await link(shop, inactive_message="Back in <spring>.")
    await api(shop, f"/v1/payment_links/{made['id']}", active="false")
    answer = await shop.page(path_of(made))
    assert answer.status_code == 410
    assert "This link is no longer active" in answer.text
    assert "Back in &lt;spring&gt;." in answer.text
    await api(shop, f"/v1/payment_links/{made['id']}", active="true")
    assert (await shop.page(path_of(made))).status_code == 303


async def test_a_link_ends_at_its_moment(shop: Shop) -> None:
    made = await link(shop, expires_at="auto", inactive_message="Until next <year>!")
    assert 0 <= time.time() + 7 * 86400 - made["expires_at"] < 60
    session = await visit(shop, made)
    past(shop, made["id"])
    answer = await shop.page(path_of(made))
    assert (answer.status_code, "Until next &lt;year&gt;!" in answer.text) == (410, True)
    async with asyncio.timeout(60):
        while (await shop.api("GET", f"/v1/payment_links/{made['id']}")).json()["active"]:
            await asyncio.sleep(0.2)
    told = (await shop.api("GET", "/v1/events?type=payment_link.updated&limit=10")).json()["data"]
    [event] = [one for one in told if one["data"]["object"]["id"] == made["id"]]
    assert event["data"]["previous_attributes"] == {"active": True}
    assert (await pay(shop, session)).json()["status"] == "complete"  # what is open stays open
    refused = await shop.api("POST", f"/v1/payment_links/{made['id']}", {"active": "true"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expires_at")
    for moment in (str(int(time.time()) + 3600), ""):
        await api(shop, f"/v1/payment_links/{made['id']}", active="true", expires_at=moment)
        assert (await shop.page(path_of(made))).status_code == 303


def past(shop: Shop, link: str) -> None:
    """As if the end of a link had come this second."""
    with psycopg.connect(shop.stack.urls.app) as database:
        database.execute("SELECT set_config('app.env', %s, true)", (str(ids.environment(link)),))
        database.execute("UPDATE pay.payment_link SET doc = jsonb_set(doc, '{expires_at}', "
                         "to_jsonb(extract(epoch FROM now())::bigint - 1)) WHERE id = %s", (link,))
        database.execute("UPDATE pay.due SET at = now() WHERE kind = 'payment_link' AND object_id = %s", (link,))


@pytest.mark.parametrize("said", ["1700000000", "0", "soon", "-1", "1.5", "99999999999"])
async def test_an_end_that_cannot_be_is_refused_by_name(shop: Shop, said: str) -> None:
    made = await link(shop)
    assert made["expires_at"] is None
    answer = await shop.api("POST", f"/v1/payment_links/{made['id']}", {"expires_at": said})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "expires_at")


async def test_a_link_whose_price_was_archived_sells_no_more(shop: Shop) -> None:
    price = await api(shop, "/v1/prices", currency="usd", unit_amount="900", product_data__name="Cup")
    made = await api(shop, "/v1/payment_links", line_items__0__price=price["id"], line_items__0__quantity="1")
    assert (await shop.page(path_of(made))).status_code == 303
    await api(shop, f"/v1/prices/{price['id']}", active="false")
    assert (await shop.page(path_of(made))).status_code == 410


@pytest.mark.parametrize("path", ["/l/nothing", "/l/" + "0" * 25, "/l/" + "z" * 25, "/l/x_y", "/l/%00"])
async def test_an_unknown_address_is_one_calm_page(shop: Shop, path: str) -> None:
    answer = await shop.page(path)
    assert (answer.status_code, "We cannot find this page" in answer.text) == (404, True)


async def test_the_page_thanks_in_the_merchants_words(shop: Shop) -> None:
    made = await link(shop, after_completion__type="hosted_confirmation",
                      after_completion__hosted_confirmation__custom_message="See you <b>soon</b>!")
    session = await visit(shop, made)
    assert (await pay(shop, session)).json() == {"status": "complete", "url": f"/c/{session['id']}"}
    page = await shop.page(f"/c/{session['id']}")
    assert (page.status_code, "See you &lt;b&gt;soon&lt;/b&gt;!" in page.text) == (200, True)


async def test_a_customer_is_made_when_the_link_asks_for_one(shop: Shop) -> None:
    session = await visit(shop, await link(shop, customer_creation="always"))
    assert session["customer_creation"] == "always"
    await pay(shop, session, DECLINED)
    await pay(shop, session)
    paid = await shop.look(session["id"])
    customer = (await shop.api("GET", f"/v1/customers/{paid['customer']}")).json()
    assert (customer["email"], customer["name"]) == ("ada@example.com", "Ada Byron")
    intent = (await shop.api("GET", f"/v1/payment_intents/{paid['payment_intent']}")).json()
    assert intent["customer"] == paid["customer"]


async def test_the_last_place_is_sold_once_whoever_races(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    sessions = [await visit(shop, made) for _ in range(8)]
    tokens = [await shop.token(one["id"]) for one in sessions]
    answers = await asyncio.gather(*(shop.pay(one["id"], token) for one, token in zip(sessions, tokens, strict=True)))
    told = [answer.json().get("status") or answer.json()["error"]["code"] for answer in answers]
    assert sorted(told) == ["complete"] + ["payment_link_sold_out"] * 7
    assert sum([len(await shop.charges(one["id"])) for one in sessions]) == 1
    now = (await shop.api("GET", f"/v1/payment_links/{made['id']}")).json()
    assert now["restrictions"]["completed_sessions"] == {"count": 1, "limit": 1}
    assert (await shop.page(path_of(made))).status_code == 410
    lost = told.index("payment_link_sold_out")
    late = await shop.pay(sessions[lost]["id"], tokens[lost])
    assert late.json()["error"]["code"] == "payment_link_sold_out"


async def test_without_javascript_too_the_page_says_that_it_is_sold(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    token = await shop.token(second["id"])
    form = (await shop.page(f"/c/{second['id']}/pay?payment_method={token}")).text
    signed = re.search(r'name="token" value="([^"]+)"', form)
    assert signed
    await pay(shop, first)
    answer = await shop.page(f"/c/{second['id']}/confirm", "POST",
                             data={"payment_method": token, "token": signed[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/c/{second['id']}?error=payment_link_sold_out")
    told = await shop.page(answer.headers["location"])
    assert (told.status_code, "The last one was sold" in told.text) == (410, True)
    assert "try again" not in told.text


async def test_a_declined_card_gives_its_place_back(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    assert (await pay(shop, first, DECLINED)).status_code == 402
    good = await shop.token(first["id"])
    assert (await pay(shop, second)).json()["status"] == "complete"
    assert (await shop.pay(first["id"], good)).json()["error"]["code"] == "payment_link_sold_out"
    assert await shop.charges(first["id"]) == []


async def test_a_bank_that_asks_keeps_the_place_until_the_session_ends(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    assert (await pay(shop, first, "4000002760003184")).json()["status"] == "requires_action"
    assert (await pay(shop, second)).json()["error"]["code"] == "payment_link_sold_out"
    refused = await shop.api("POST", f"/v1/payment_links/{made['id']}",
                             {"restrictions[completed_sessions][limit]": "1"})
    assert refused.status_code == 200
    await api(shop, f"/v1/checkout/sessions/{first['id']}/expire")
    assert (await pay(shop, second)).json()["status"] == "complete"


async def test_a_limit_cannot_fall_below_what_is_sold(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="5")
    for _ in range(2):
        await pay(shop, await visit(shop, made))
    name = "restrictions[completed_sessions][limit]"
    answer = await shop.api("POST", f"/v1/payment_links/{made['id']}", {name: "1"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)
    assert (await shop.api("POST", f"/v1/payment_links/{made['id']}", {name: "2"})).status_code == 200
    assert (await shop.page(path_of(made))).status_code == 410


async def discounted(shop: Shop, discount: str) -> dict[str, Any]:
    return await shop.session(**{"discounts[0][promotion_code]": discount})


async def test_a_discount_is_redeemed_once_whoever_races_and_shown(shop: Shop) -> None:
    coupon = await api(shop, "/v1/coupons", amount_off="500", currency="usd", duration="once")
    code = await api(shop, "/v1/promotion_codes", promotion__type="coupon", promotion__coupon=coupon["id"],
                     max_redemptions="1", code=f"ONCE{coupon['id']}")
    sessions = [await discounted(shop, code["id"]) for _ in range(4)]
    page = (await shop.page(f"/c/{sessions[0]['id']}")).text
    for text in ("$20.00", "−$5.00", "Pay $15.00", code["code"]):
        assert text in page
    assert (await pay(shop, sessions[0], DECLINED)).status_code == 402  # a declined card uses nothing up
    tokens = [await shop.token(one["id"]) for one in sessions]
    answers = await asyncio.gather(*(shop.pay(one["id"], token) for one, token in zip(sessions, tokens, strict=True)))
    told = [answer.json().get("status") or answer.json()["error"]["code"] for answer in answers]
    assert sorted(told) == ["complete"] + ["coupon_expired"] * 3
    [charge] = await shop.charges(sessions[told.index("complete")]["id"])
    assert charge["amount"] == 1500
    now = (await shop.api("GET", f"/v1/promotion_codes/{code['id']}")).json()
    assert (now["times_redeemed"], now["active"]) == (1, False)


async def test_a_session_that_ends_unpaid_gives_its_discount_back(shop: Shop) -> None:
    coupon = await api(shop, "/v1/coupons", percent_off="10", duration="once", max_redemptions="1")
    session = await shop.session(**{"discounts[0][coupon]": coupon["id"]})
    assert (await pay(shop, session, "4000002760003184")).json()["status"] == "requires_action"
    held = (await shop.api("GET", f"/v1/coupons/{coupon['id']}")).json()
    await api(shop, f"/v1/checkout/sessions/{session['id']}/expire")
    free = (await shop.api("GET", f"/v1/coupons/{coupon['id']}")).json()
    assert (held["times_redeemed"], free["times_redeemed"]) == (1, 0)


async def test_a_known_customers_address_is_theirs(shop: Shop) -> None:
    customer = await api(shop, "/v1/customers", email="jenny@example.com")
    session = await shop.session(customer=customer["id"])
    page = (await shop.page(f"/c/{session['id']}")).text
    assert re.search(r'value="jenny@example.com"\s+readonly', page)


async def test_a_code_in_the_address_is_taken_where_it_fits_and_else_dropped(shop: Shop) -> None:
    coupon = (await shop.api("POST", "/v1/coupons", {"percent_off": "10", "duration": "once"})).json()["id"]
    await shop.api("POST", "/v1/promotion_codes", {"promotion[type]": "coupon", "promotion[coupon]": coupon,
                                                   "code": "BYLINK"})
    made = await link(shop, allow_promotion_codes="true")
    assert (await visit(shop, made, "?prefilled_promo_code=bylink"))["total_details"]["amount_discount"] > 0
    for said in ("?prefilled_promo_code=nosuch", "?prefilled_promo_code=%00", ""):
        assert (await visit(shop, made, said))["total_details"]["amount_discount"] == 0
    silent = await visit(shop, await link(shop), "?prefilled_promo_code=bylink")
    assert silent["total_details"]["amount_discount"] == 0


async def test_a_camera_reads_the_links_address_from_its_codes(shop: Shop) -> None:
    made = await link(shop)
    svg, png = [await shop.page(f"{path_of(made)}/qr.{kind}") for kind in ("svg", "png")]
    assert qr_codes.read(qr_codes.of_svg(svg.text)) == made["url"]
    assert qr_codes.read(qr_codes.of_png(png.content)) == made["url"]
    for answer, media in ((svg, "image/svg+xml"), (png, "image/png")):
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["cache-control"] == "public, max-age=86400"
    assert (await shop.api("GET", f"/v1/checkout/sessions?payment_link={made['id']}")).json()["data"] == []
    await api(shop, f"/v1/payment_links/{made['id']}", active="false")
    assert (await shop.page(f"{path_of(made)}/qr.svg")).status_code == 200  # it may be switched on again


@pytest.mark.parametrize("path", ["/l/nothing/qr.svg", "/l/" + "0" * 25 + "/qr.png", "/l/%00/qr.svg"])
async def test_there_is_no_code_of_an_unknown_link(shop: Shop, path: str) -> None:
    assert (await shop.page(path)).status_code == 404


async def test_a_code_is_a_drawing_or_a_picture(shop: Shop) -> None:
    assert (await shop.page(f"{path_of(await link(shop))}/qr.gif")).status_code == 404


async def rest(shop: Shop, made: dict[str, Any]) -> int:
    """Sell what is left of a link, one after another; how many places that were."""
    sold = 0
    while (await shop.page(path_of(made))).status_code == 303:
        answer = await pay(shop, await visit(shop, made))
        if answer.json().get("status") != "complete":
            assert answer.json()["error"]["code"] == "payment_link_sold_out"
            return sold
        sold += 1
    return sold


@pytest.mark.parametrize("seed", range(4))
async def test_a_race_of_many_tabs_sells_every_place_and_no_more(shop: Shop, seed: int) -> None:
    """Ten shoppers with three tabs each, for two places: what failed in the race is free after it, at once."""
    chance = random.Random(seed)
    made = await link(shop, restrictions__completed_sessions__limit="2")
    sessions = [await visit(shop, made) for _ in range(10)]
    cards = [chance.choice([DECLINED, DECLINED, "4242424242424242"]) for _ in sessions]
    tabs = [(one["id"], await shop.token(one["id"], card))
            for one, card in zip(sessions, cards, strict=True) for _ in range(3)]
    chance.shuffle(tabs)
    await asyncio.gather(*(shop.pay(session, token) for session, token in tabs))
    sold = sum([(await shop.look(one["id"]))["status"] == "complete" for one in sessions])
    assert sold <= 2
    assert sold + await rest(shop, made) == 2
    assert (await shop.page(path_of(made))).status_code == 410


async def test_tabs_that_come_too_late_hold_no_place(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    tokens = [await shop.token(first["id"], DECLINED) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(shop.pay(first["id"], token) for token in tokens))
        tokens = tokens[:1]
    assert (await pay(shop, second)).json()["status"] == "complete"


async def test_a_check_that_failed_holds_no_place(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    answer = (await pay(shop, first, "4000002760003184")).json()
    assert answer["status"] == "requires_action"
    path = "/3ds/" + answer["url"].rpartition("/")[2]
    assert (await pay(shop, second)).json()["error"]["code"] == "payment_link_sold_out"
    closed = await shop.page(f"{path}/abandon", "POST", headers={"sec-fetch-site": "same-origin"})
    assert closed.json()["status"] == "requires_payment_method"
    assert (await shop.page(f"/c/{first['id']}/status")).json()["status"] == "open"
    assert (await pay(shop, second)).json()["status"] == "complete"


async def test_a_check_that_another_card_replaced_holds_no_place(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    assert (await pay(shop, first, "4000002760003184")).json()["status"] == "requires_action"
    assert (await pay(shop, first, DECLINED)).status_code == 402
    assert (await pay(shop, second)).json()["status"] == "complete"


async def test_a_check_that_is_open_keeps_its_place_though_another_tab_was_declined_before(shop: Shop) -> None:
    made = await link(shop, restrictions__completed_sessions__limit="1")
    first, second = await visit(shop, made), await visit(shop, made)
    assert (await pay(shop, first, DECLINED)).status_code == 402
    assert (await pay(shop, first, "4000002760003184")).json()["status"] == "requires_action"
    assert (await shop.page(f"/c/{first['id']}/status")).json()["status"] == "requires_action"
    assert (await pay(shop, second)).json()["error"]["code"] == "payment_link_sold_out"
