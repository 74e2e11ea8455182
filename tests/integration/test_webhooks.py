"""Webhooks on PostgreSQL with real receivers: relay, delivery, retries, disabling, rolling (E15, E18, E20)."""

import asyncio
from datetime import timedelta

import orjson
import pytest
import standardwebhooks
import stripe

from backend.agenda import work
from backend.due.kinds import Kind
from backend.errors import InvalidRequest, NotFound
from backend.events import events, outbox, sql
from backend.events.reactions import Reaction
from backend.reconciliation import invariants
from backend.webhooks import deliveries, endpoints
from backend.webhooks.egress import Egress
from tests.desk import desk
from tests.receivers import Receiver, status

PAGES_EACH = 40
"""Of tables and indexes, which the relay of one event may touch."""


@pytest.fixture
async def shop(postgres, tmp_path):
    async with desk(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
async def egress():
    opened = Egress(private=True)
    yield opened
    await opened.close()


async def register(shop, url, types=("*",), **params):
    async with shop.ctx.transaction() as tx:
        return await endpoints.create(shop.ctx, tx, {"url": url, "enabled_events": list(types), **params})


async def change(shop, id, **params):
    async with shop.ctx.transaction() as tx:
        return await endpoints.update(shop.ctx, tx, id, params)


async def dispatch(shop):
    done = await outbox.dispatch(shop.runtime, shop.ctx.env, livemode=shop.ctx.livemode)
    return done.events, done.deliveries


async def deliver(shop, egress):
    """Everything that is due, once; returns the outcomes."""
    claimed = await deliveries.claim(shop.runtime, shop.ctx.env, limit=50)
    return [await deliveries.finish(shop.runtime, await deliveries.send(shop.runtime, egress, one)) for one in claimed]


async def found(shop):
    """What the sweeper sees: {(environment, kind)}."""
    return {(one.env, one.kind) for one in await work.find(shop.runtime)}


async def only(shop):
    rows = await shop.rows("SELECT * FROM pay.delivery WHERE env = %s", shop.ctx.env)
    assert len(rows) == 1
    return rows[0]


async def test_an_event_reaches_its_endpoint_signed_for_both_libraries(shop, egress):
    async with Receiver() as receiver:
        endpoint = await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        event_id = await shop.happen()
        assert await dispatch(shop) == (1, 1)
        assert await deliver(shop, egress) == ["succeeded"]
        request = receiver.received[0]
    event = stripe.Webhook.construct_event(request.body, request.headers["stripe-signature"], endpoint["secret"])
    standardwebhooks.Webhook(endpoint["secret"]).verify(request.body, request.headers)
    assert event.id == event_id == request.headers["webhook-id"]
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["farthing-object-sequence"] == "1"
    delivery = await only(shop)
    assert (delivery["status"], delivery["attempts"], delivery["last_status"]) == ("succeeded", 1, 200)


async def test_the_webhook_says_what_the_api_says(shop):
    async with Receiver() as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        async with shop.ctx.transaction() as tx:
            id = await events.record(shop.ctx, tx, "customer.updated", {"id": "cus_1", "name": 'q"\\ ☂', "n": None},
                                     previous={"name": "old"})
        await dispatch(shop)
        body = orjson.loads((await only(shop))["body"])
        assert body == await events.get(shop.ctx, id)
        assert body["pending_webhooks"] == 1
        assert body["data"]["previous_attributes"] == {"name": "old"}


async def test_without_endpoints_the_outbox_is_drained_in_one_statement(shop):
    for _ in range(3):
        await shop.happen()
    assert await dispatch(shop) == (3, 0)
    assert await dispatch(shop) == (0, 0)


async def test_only_subscribed_types_of_this_environment_and_younger_events_are_delivered(shop):
    other = await shop.merchant()
    async with Receiver() as receiver:
        await shop.happen()
        shop.clock.move(seconds=1)
        await register(shop, receiver.url, ["charge.refunded"])
        shop.clock.move(seconds=1)
        await shop.happen("charge.succeeded")
        await shop.happen("charge.refunded")
        await other.happen("charge.refunded")
        assert await dispatch(shop) == (3, 1)
        assert await dispatch(other) == (1, 0)


async def test_a_late_commit_is_not_passed_over(shop):
    """E15: the flag, unlike a cursor, finds a row whose transaction commits after younger ones were read."""
    async with shop.ctx.transaction() as slow:
        await events.record(shop.ctx, slow, "charge.succeeded", {"id": "ch_slow"})
        await shop.happen()
        assert await dispatch(shop) == (1, 0)
    assert await dispatch(shop) == (1, 0)


async def test_two_relays_side_by_side_make_each_delivery_once(shop):
    async with Receiver() as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        for _ in range(30):
            await shop.happen()
        done = await asyncio.gather(*(dispatch(shop) for _ in range(4)))
        assert sum(events for events, _ in done) == sum(made for _, made in done) == 30


async def test_an_awaited_event_waits_for_its_reaction_and_holds_up_no_other(shop):
    heard, broken = [], True

    async def settle(env, type, object_id, obj):
        if broken:
            raise RuntimeError("not now")
        heard.append(object_id)

    await shop.happen("payment_intent.payment_failed", "pi_1", concerns=[Reaction.SETTLE_SESSION])
    await shop.happen("payment_intent.payment_failed", "pi_2")
    await shop.happen("payment_intent.created", "pi_3", concerns=[Reaction.SETTLE_SESSION])  # of which it never hears
    wanted = {Reaction.SETTLE_SESSION: settle}
    assert (await outbox.dispatch(shop.runtime, shop.ctx.env, subscribers=wanted)).events == 2
    broken = False
    assert (await outbox.dispatch(shop.runtime, shop.ctx.env, subscribers=wanted)).events == 1
    assert heard == ["pi_1"]


async def test_what_a_process_of_the_release_before_wrote_waits_as_it_did(shop):
    """It does not say what its events await, and its own relay names the types."""
    heard, type = [], "payment_intent.payment_failed"

    async def settle(env, type, object_id, obj):
        heard.append(object_id)

    async with shop.ctx.transaction() as tx:
        await tx.exec_driver_sql("""INSERT INTO pay.payment (env, id, amount, currency, status, client_secret,
            checkout_session_id, created_at) VALUES (%s, 'pi_1', 100, 'usd', 'requires_payment_method', 'x', 'cs_1',
            now())""", (shop.ctx.env,))
        for id in ("pi_1", "pi_2"):
            written = {name: value for name, value in events.draft(shop.ctx, type, {"id": id}).items()
                       if name != "awaits"}
            await tx.exec_driver_sql("SELECT pay.events_write(%s, %s::jsonb)",
                                     (shop.ctx.env, orjson.dumps([written]).decode()))
    done = await shop.runtime.db.call(shop.ctx.env, "pay.outbox_dispatch(%s, %s, %s, %s, %s, %s)",
                                      (shop.ctx.env, 100, shop.clock.now(), False, [type], []))
    assert (done["events"], done["awaited"]) == (1, True)
    wanted = {Reaction.SETTLE_SESSION: settle}
    assert (await outbox.dispatch(shop.runtime, shop.ctx.env, subscribers=wanted)).events == 1
    assert heard == ["pi_1"]


@pytest.mark.parametrize("code", [200, 201, 204, 299])
async def test_any_2xx_is_success(shop, egress, code):
    async with Receiver(answer=status(code)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        assert await deliver(shop, egress) == ["succeeded"]


@pytest.mark.parametrize("code", [301, 302, 400, 404, 429, 500, 503])
async def test_everything_else_is_tried_again_after_five_seconds(shop, egress, code):
    async with Receiver(answer=status(code, "Location: http://127.0.0.1/")) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        assert await deliver(shop, egress) == ["failed"]
        delivery = await only(shop)
        assert (delivery["status"], delivery["last_status"], delivery["attempts"]) == ("pending", code, 1)
        assert timedelta(seconds=4.5) <= delivery["next_at"] - shop.clock.now() <= timedelta(seconds=5.5)
        assert await deliver(shop, egress) == []


async def test_retries_send_the_same_bytes_with_a_fresh_signature_until_the_last(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        endpoint = await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        gaps, before = [], shop.clock.now()
        for _ in range(10):
            assert await deliver(shop, egress) == ["failed"]
            delivery = await only(shop)
            if delivery["next_at"]:
                gaps.append((delivery["next_at"] - shop.clock.now()).total_seconds())
                shop.clock.at = delivery["next_at"]
        assert len({request.body for request in receiver.received}) == 1
        assert len({request.headers["stripe-signature"] for request in receiver.received}) == 10
        assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert (delivery["status"], delivery["attempts"], delivery["max_attempts"]) == ("failed", 10, 10)
    assert shop.clock.now() - before == timedelta(hours=72)
    for gap, step in zip(gaps, (5, 300, 1800, 7200, 18000, 36000, 50400, 72000), strict=False):
        assert step * 0.9 <= gap <= step * 1.1
    assert (await endpoints.get(shop.ctx, endpoint["id"]))["status"] == "disabled"


async def test_retry_after_is_honoured(shop, egress):
    async with Receiver(answer=status(429, "Retry-After: 3600")) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        assert (await only(shop))["next_at"] - shop.clock.now() == timedelta(hours=1)


async def test_410_disables_the_endpoint_and_stops_everything_for_it(shop, egress):
    async with Receiver(answer=status(410)) as receiver:
        endpoint = await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await shop.happen()
        await dispatch(shop)
        claimed = (await deliveries.claim(shop.runtime, shop.ctx.env, limit=1))[0]
        await deliveries.finish(shop.runtime, await deliveries.send(shop.runtime, egress, claimed))
        assert (await endpoints.get(shop.ctx, endpoint["id"]))["status"] == "disabled"
        rows = await shop.rows("SELECT status FROM pay.delivery WHERE env = %s ORDER BY status", shop.ctx.env)
        assert [row["status"] for row in rows] == ["canceled", "failed"]
        await shop.happen()
        assert await dispatch(shop) == (1, 0)
        await change(shop, endpoint["id"], disabled=False)
        shop.clock.move(seconds=1)
        await shop.happen()
        assert await dispatch(shop) == (1, 1)


async def test_an_endpoint_that_recovers_starts_counting_anew(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        endpoint = await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        row = (await shop.rows("SELECT failures FROM pay.endpoint WHERE env = %s AND id = %s", shop.ctx.env,
                               endpoint["id"]))[0]
        assert row["failures"] == 1
        receiver.answer = status(200)
        shop.clock.move(seconds=10)
        assert await deliver(shop, egress) == ["succeeded"]
        row = (await shop.rows("SELECT failures, failing_since FROM pay.endpoint WHERE env = %s AND id = %s",
                               shop.ctx.env, endpoint["id"]))[0]
        assert row == {"failures": 0, "failing_since": None}


async def test_an_endpoint_that_keeps_failing_gets_one_delivery_at_a_time(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        for _ in range(8):
            await shop.happen()
        await dispatch(shop)
        assert len(await deliver(shop, egress)) == deliveries.EACH_MAX
        shop.clock.move(seconds=10)
        assert len(await deliver(shop, egress)) == 1
        shop.clock.move(seconds=20)
        env = shop.ctx.env
        assert await deliveries.claim(shop.runtime, env, limit=9, failing=False) == []
        (held,) = await deliveries.claim(shop.runtime, env, limit=9)
        assert held.failing
        assert await deliveries.claim(shop.runtime, env, limit=9, free={held.endpoint_id: 3}) == []


async def test_what_is_due_for_an_endpoint_that_is_down_shares_one_probe(shop, egress):
    """A day of an outage with a hundred events: some probes a minute at most, nothing overdue, and all of it arrives as
    soon as the receiver answers."""
    async with Receiver(answer=status(500)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        for _ in range(100):
            await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        before = len(receiver.received)
        for _ in range(10 * 60):
            shop.clock.move(seconds=1)
            sent = await deliver(shop, egress) if await found(shop) else []
            assert len(sent) <= 1
        assert len(receiver.received) - before <= 15
        late = ("SELECT 1 FROM pay.delivery d JOIN pay.endpoint n ON (n.env, n.id) = (d.env, d.endpoint_id) "
                "WHERE d.env = %s AND d.status = 'pending' AND greatest(d.next_at, n.probe_at) < %s")
        assert await shop.rows(late, shop.ctx.env, shop.clock.now() - timedelta(minutes=1)) == []
        receiver.answer = status(200)
        shop.clock.move(seconds=61)
        assert await deliver(shop, egress) == ["succeeded"]
        for _ in range(24):
            await deliver(shop, egress)
        rows = await shop.rows("SELECT status, count(*)::int FROM pay.delivery WHERE env = %s GROUP BY 1", shop.ctx.env)
        waiting = {row["status"]: row["count"] for row in rows}
        assert waiting["succeeded"] >= 80, "all but those whose own next attempt is later"


async def test_whoever_asks_for_it_is_not_kept_waiting_by_an_endpoint_that_is_down(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        for _ in range(4):
            await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        assert await deliver(shop, egress) == []
        [row] = await shop.rows("SELECT id::text FROM pay.delivery WHERE env = %s ORDER BY id LIMIT 1", shop.ctx.env)
        async with shop.ctx.transaction() as tx:
            await deliveries.resend(shop.ctx, tx, row["id"])
        receiver.answer = status(200)
        assert await deliver(shop, egress) == ["succeeded"]


async def test_a_target_that_turns_inside_is_blocked_and_its_answer_not_kept(shop):
    async with Receiver() as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        strict = Egress(private=False)
        assert await deliver(shop, strict) == ["blocked"]
        await strict.close()
        assert receiver.connections == 0
    delivery = await only(shop)
    assert (delivery["status"], delivery["last_status"], delivery["next_at"]) == ("blocked", None, None)
    attempt = (await deliveries.attempts(shop.ctx, str(delivery["id"])))[0]
    assert (attempt["outcome"], attempt["response"]) == ("blocked", None)


async def test_the_attempt_log_has_what_was_sent_and_up_to_64_kb_of_the_answer(shop, egress):
    answer = b"HTTP/1.1 500 X\r\nContent-Length: 100000\r\n\r\n" + b"\x00\xff" * 50_000
    async with Receiver(answer=answer) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        attempt = (await deliveries.attempts(shop.ctx, str((await only(shop))["id"])))[0]
        assert (attempt["response_bytes"], attempt["status_code"], attempt["number"]) == (65536, 500, 1)
        assert attempt["request_headers"]["Stripe-Signature"] == receiver.received[0].headers["stripe-signature"]
    page = await deliveries.find(shop.ctx, {"status": "pending", "type": "charge.succeeded", "last_status": 500})
    assert [one["attempts"] for one in page["data"]] == [1]


@pytest.mark.parametrize("code", [500, 200])
async def test_numbers_and_secrets_that_a_receiver_says_are_not_kept(shop, egress, code):
    """A receiver's trace of what went wrong may hold anything, also where hiding makes it longer than is kept."""
    said = (b'card 4242 4242 4242 4242 sk_live_51Nvery0secret {"n":"4539\\n1488\\n0343\\n6467"} '
            + "４５３９ １４８８ ０３４３ ６４６７ ".encode() + b"whsec_a cvc=8642 " * 3800)
    head = f"HTTP/1.1 {code} X\r\nContent-Length: {len(said)}\r\n\r\n".encode()
    async with Receiver(answer=head + said) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
    rows = await shop.rows("SELECT * FROM pay.delivery_attempt WHERE env = %s", shop.ctx.env)
    kept = bytes(rows[0]["response_body"])
    assert kept.startswith(b"card [redacted] sk_live_[redacted] ")
    assert len(kept) == 65536
    assert not [one for one in ("4242", "6467", "６４６７", "very0secret", "whsec_a", "8642") if one in str(rows)
                or one.encode() in kept]
    [check] = [one for one in invariants.checks() if one.id == "S1"]
    stored = [row async for rows in shop.runtime.db.pages(shop.ctx.env, check.query) for row in rows]
    assert invariants.judged(check, stored) == []


async def test_a_lost_lease_cannot_write(shop, egress):
    """Two workers with the same delivery: the one whose lease ran out no longer decides."""
    async with Receiver(answer=status(500)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        first = (await deliveries.claim(shop.runtime, shop.ctx.env, limit=1))[0]
        assert await deliveries.claim(shop.runtime, shop.ctx.env, limit=1) == []
        async with shop.ctx.transaction() as tx:
            await tx.exec_driver_sql("UPDATE pay.delivery SET leased_until = now() - interval '1 s' WHERE env = %s",
                                     (shop.ctx.env,))
        second = (await deliveries.claim(shop.runtime, shop.ctx.env, limit=1))[0]
        failed = await deliveries.send(shop.runtime, egress, first)
        receiver.answer = status(200)
        await deliveries.finish(shop.runtime, await deliveries.send(shop.runtime, egress, second))
        await deliveries.finish(shop.runtime, failed)
    delivery = await only(shop)
    assert (delivery["status"], delivery["attempts"]) == ("succeeded", 1)
    assert len(await deliveries.attempts(shop.ctx, str(delivery["id"]))) == 2
    judged = await shop.rows("SELECT failures FROM pay.endpoint WHERE env = %s", shop.ctx.env)
    assert judged == [{"failures": 0}]  # what was heard without the lease says nothing of the endpoint


async def test_a_manual_resend_adds_an_attempt_beside_the_automatic_ones(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        await register(shop, receiver.url)
        shop.clock.move(seconds=1)
        await shop.happen()
        await dispatch(shop)
        await deliver(shop, egress)
        before = await only(shop)
        async with shop.ctx.transaction() as tx:
            await deliveries.resend(shop.ctx, tx, str(before["id"]))
        assert await deliver(shop, egress) == ["failed"]
        after = await only(shop)
        assert (after["attempts"], after["next_at"], after["status"]) == (1, before["next_at"], "pending")
        receiver.answer = status(200)
        shop.clock.move(seconds=10)
        assert await deliver(shop, egress) == ["succeeded"]
        async with shop.ctx.transaction() as tx:
            await deliveries.resend(shop.ctx, tx, str(before["id"]))
        receiver.answer = status(500)
        assert await deliver(shop, egress) == ["failed"]
        after = await only(shop)
        assert (after["status"], after["last_status"], after["due_at"]) == ("succeeded", 200, None)
        log = await deliveries.attempts(shop.ctx, str(before["id"]))
        assert [one["manual"] for one in log] == [False, True, False, True]


async def test_while_a_secret_rolls_both_old_and_new_verify_and_a_day_later_only_the_new(shop, egress):
    async with Receiver() as receiver:
        endpoint = await register(shop, receiver.url)
        async with shop.ctx.transaction() as tx:
            rolled = await endpoints.roll_secret(shop.ctx, tx, endpoint["id"])
        assert rolled["secret"] != endpoint["secret"]
        for hours in (1, 24):
            shop.clock.move(hours=hours)
            await shop.happen()
            await dispatch(shop)
            await deliver(shop, egress)
        first, second = receiver.received

    def good(request, secret):
        try:
            return stripe.WebhookSignature.verify_header(request.body.decode(), request.headers["stripe-signature"],
                                                         secret)
        except stripe.SignatureVerificationError:
            return False

    assert good(first, endpoint["secret"])
    assert good(first, rolled["secret"])
    assert not good(second, endpoint["secret"])
    assert good(second, rolled["secret"])


async def test_secrets_are_shown_once_and_unreadable_in_the_database(shop):
    endpoint = await register(shop, "https://example.com/hook")
    assert "secret" not in await endpoints.get(shop.ctx, endpoint["id"])
    assert "secret" not in await change(shop, endpoint["id"], description="x")
    row = (await shop.rows("SELECT n::text AS text FROM pay.endpoint n WHERE env = %s", shop.ctx.env))[0]
    assert endpoint["secret"] not in row["text"]
    assert "whsec_" not in row["text"]


async def test_the_endpoint_object_has_the_official_fields(shop):
    endpoint = await register(shop, "https://example.com/hook", ["charge.succeeded"], description="d",
                              metadata={"a": "b"})
    assert set(endpoint) == {"id", "object", "api_version", "application", "created", "description", "enabled_events",
                             "livemode", "metadata", "status", "url", "secret"}
    assert (endpoint["status"], endpoint["metadata"]) == ("enabled", {"a": "b"})
    assert [one["id"] for one in (await endpoints.find(shop.ctx, {}))["data"]] == [endpoint["id"]]


@pytest.mark.parametrize(("types", "hint"), [
    (["charge.suceeded"], "Did you mean charge.succeeded?"), (["issuing_card.created"], "not available here"),
    (["nonsense"], "Unknown event type"), ([], "at least one")])
async def test_types_that_nobody_would_send_are_refused(shop, types, hint):
    with pytest.raises(InvalidRequest, match=hint.replace("?", r"\?")):
        await register(shop, "https://example.com/", types)


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[::ffff:7f00:1]/", "http://2130706433/",
                                 "gopher://example.com/", "http://a:b@example.com/", "http://example.com:6379/"])
async def test_bad_urls_are_refused_at_registration(shop, url):
    with pytest.raises(InvalidRequest) as refusal:
        await register(shop, url)
    assert (refusal.value.code, refusal.value.param) == ("url_invalid", "url")


async def test_there_can_be_sixteen_endpoints(shop):
    for _ in range(16):
        last = await register(shop, "https://example.com/hook")
    with pytest.raises(InvalidRequest, match="maximum of 16"):
        await register(shop, "https://example.com/hook")
    async with shop.ctx.transaction() as tx:
        assert (await endpoints.delete(shop.ctx, tx, last["id"]))["deleted"]
    with pytest.raises(NotFound):
        await endpoints.get(shop.ctx, last["id"])
    await register(shop, "https://example.com/hook")


async def test_another_merchants_endpoint_does_not_exist(shop):
    endpoint = await register(shop, "https://example.com/hook")
    other = await shop.merchant()
    with pytest.raises(NotFound):
        await endpoints.get(other.ctx, endpoint["id"])
    with pytest.raises(NotFound):
        await change(other, endpoint["id"], description="mine")


async def test_an_event_on_its_way_while_the_subscription_widens_is_not_lost(shop):
    async with Receiver() as receiver:
        endpoint = await register(shop, receiver.url, ["charge.succeeded"])
        shop.clock.move(seconds=1)
        await shop.happen("charge.succeeded")
        await shop.happen("charge.refunded")
        shop.clock.move(seconds=1)
        await change(shop, endpoint["id"], enabled_events=["*"])
        shop.clock.move(seconds=1)
        await shop.happen("charge.refunded")
        assert await dispatch(shop) == (3, 2)


async def test_events_are_paged_and_filtered(shop):
    made = []
    for number in range(5):
        made.append(await shop.happen("charge.refunded" if number % 2 else "charge.succeeded"))
        shop.clock.move(seconds=1)
    page = await events.find(shop.ctx, {"limit": 2})
    assert ([one["id"] for one in page["data"]], page["has_more"]) == (made[:2:-1], True)
    page = await events.find(shop.ctx, {"starting_after": made[3], "limit": 100})
    assert [one["id"] for one in page["data"]] == made[2::-1]
    page = await events.find(shop.ctx, {"ending_before": made[2]})
    assert [one["id"] for one in page["data"]] == made[:2:-1]
    assert len((await events.find(shop.ctx, {"type": "charge.refunded"}))["data"]) == 2
    assert len((await events.find(shop.ctx, {"type": "charge.*"}))["data"]) == 5
    assert len((await events.find(shop.ctx, {"types": ["charge.succeeded", "account.updated"]}))["data"]) == 3
    second = shop.clock.now().replace(microsecond=0) - timedelta(seconds=3)
    following = second + timedelta(seconds=1)
    assert len((await events.find(shop.ctx, {"created": {"gte": second, "lt": following}}))["data"]) == 1
    assert len((await events.find(shop.ctx, {"created": {"gte": following}}))["data"]) == 2
    other = await shop.merchant()
    assert (await events.find(other.ctx, {}))["data"] == []
    with pytest.raises(NotFound):
        await events.get(other.ctx, made[0])


async def test_the_sweeper_sees_each_kind_of_work_and_nothing_when_idle(shop, egress):
    async with Receiver(answer=status(500)) as receiver:
        other = await shop.merchant()
        await register(shop, receiver.url)
        assert await found(shop) == set()
        shop.clock.move(seconds=1)
        await shop.happen()
        await other.happen()
        assert await found(shop) == {(shop.ctx.env, Kind.OUTBOX), (other.ctx.env, Kind.OUTBOX)}
        await dispatch(shop)
        await dispatch(other)
        assert await found(shop) == {(shop.ctx.env, Kind.WEBHOOKS)}
        await deliver(shop, egress)
        assert await found(shop) == set()
        shop.clock.move(seconds=6)
        assert await found(shop) == {(shop.ctx.env, Kind.WEBHOOKS)}


async def test_dispatching_a_hundred_events_touches_few_pages_without_endpoints(shop):
    for _ in range(300):
        await shop.happen()
    for _ in range(3):
        [told] = await shop.rows(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) SELECT {sql.DISPATCH}",
                                 shop.ctx.env, outbox.BATCH, shop.clock.now(), False, [])
        plan = told["QUERY PLAN"][0]["Plan"]
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < PAGES_EACH * outbox.BATCH
    assert await dispatch(shop) == (0, 0)
