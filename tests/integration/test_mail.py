"""Mails: drafted once for a reason, sent at least once, and no address, server or flood holds up another's."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from backend.accounts import members
from backend.agenda import work
from backend.due.kinds import Kind as Work
from backend.events import outbox as events
from backend.mail import drafts, messages, outbox, post, schedule
from backend.mail.kinds import Kind
from backend.mail.messages import Letter
from backend.receipts import letters
from backend.webhooks import deliveries, endpoints
from backend.webhooks.egress import Egress
from tests.certificates import certified
from tests.desk import Desk, desk
from tests.postmen import MailServer, mail_server
from tests.receivers import Receiver, status
from tests.stack import Schema
from workers import mail

ADA, NOW = "ada@example.com", datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def shop(postgres: Schema, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as listening:
        yield listening


def through(shop: Desk, server: MailServer, **settings: Any) -> Desk:
    """The same desk, whose mails leave through `server`."""
    told = {**server.settings, **settings}
    runtime = replace(shop.runtime, settings=shop.runtime.settings.model_copy(update=told))
    return Desk(runtime, replace(shop.ctx, runtime=runtime), shop.clock)


async def endpoint(shop: Desk) -> str:
    """Something that a mail can be about."""
    async with shop.ctx.transaction() as tx:
        made = await endpoints.create(shop.ctx, tx, {"url": "https://example.com/hook", "enabled_events": ["*"]})
    return str(made["id"])


async def put(shop: Desk, *addresses: str, reason: str = "1", about: str | None = None) -> None:
    id = about or await endpoint(shop)
    async with shop.ctx.transaction() as tx:
        await drafts.put(shop.ctx, tx, *(drafts.draft(shop.ctx, Kind.ENDPOINT_DISABLED, id, one,
                                                      f"endpoint:{id}:failing:{reason}") for one in addresses))


async def round(shop: Desk) -> bool:
    return await mail.deliver(shop.runtime, shop.ctx.env)


async def kept(shop: Desk) -> list[tuple[str, str, int]]:
    rows = await shop.rows("SELECT address, status, attempts FROM pay.mail WHERE env = %s ORDER BY address, id",
                           shop.ctx.env)
    return [(row["address"], row["status"], row["attempts"]) for row in rows]


async def waits(shop: Desk) -> bool:
    return (shop.ctx.env, Work.MAIL) in {(one.env, one.kind) for one in await work.find(shop.runtime, shop.clock.now())}


# ---------------------------------------------------------------- a mail


async def test_a_mail_is_drafted_once_for_a_reason(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    id = await endpoint(shop)
    await put(shop, ADA, about=id)
    await asyncio.gather(*(put(shop, ADA, about=id) for _ in range(5)))
    await round(shop)
    await put(shop, ADA, about=id)
    await round(shop)
    assert await kept(shop) == [(ADA, "sent", 1)]
    assert len(server.taken) == 1


async def test_what_is_rolled_back_drafts_nothing(shop: Desk) -> None:
    id = await endpoint(shop)
    async with shop.runtime.db.transaction(shop.ctx.env) as tx:
        await drafts.put(shop.ctx, tx, drafts.draft(shop.ctx, Kind.ENDPOINT_DISABLED, id, ADA, "r"))
        await tx.rollback()
    assert await kept(shop) == []


async def test_a_mail_says_the_same_as_text_and_as_html(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    await put(shop, ADA)
    assert await waits(shop)
    await round(shop)
    assert not await waits(shop)
    [(to, message)] = server.taken
    assert (to, message["To"], message["Auto-Submitted"]) == ([ADA], ADA, "auto-generated")
    assert message["From"] == "Farthing <receipts@shop.example>"
    [row] = await shop.rows("SELECT id FROM pay.mail WHERE env = %s", shop.ctx.env)
    assert message["Message-ID"] == f"<{row['id']}@shop.example>"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        assert "https://example.com/hook" in part.get_content()
        assert "No 2xx for three days" in part.get_content()
    assert "<style" not in message.get_body(("html",)).get_content()


@pytest.mark.parametrize("name", ["Wren & Sons", "Zoë ☂ Ønsker", "A\r\nBcc: eve@example.com", "\n\nhello", "x" * 900,
                                  "=?utf-8?q?a=0D=0ABcc:_eve@example.com?=", '"<eve@example.com>", b'])
def test_nothing_that_was_typed_becomes_a_header(name: str) -> None:
    letter = Letter(name, f"Receipt from {name}", name, name, "help@shop.example")
    made = messages.written(letter, id="mail_1", sender="receipts@shop.example", address=ADA,
                            now=NOW)
    head, _, _ = made.partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert names == [b"Message-ID", b"Date", b"From", b"To", b"Reply-To", b"Subject", b"Auto-Submitted",
                     b"MIME-Version", b"Content-Type"]
    parsed = message_from_bytes(made, policy=policy.default)
    assert [one.addr_spec for one in parsed["From"].addresses] == ["receipts@shop.example"]
    assert [one.addr_spec for one in parsed["To"].addresses] == [ADA]
    assert parsed["Bcc"] is None


@pytest.mark.parametrize("address", ["a@b.no\r\nBcc: c@d.no", "a b@c.no", "no address", "a@b@c.no,d@e.no", ""])
def test_no_mail_is_written_to_what_is_no_address(address: str) -> None:
    with pytest.raises(messages.Unwritable):
        messages.written(Letter("A", "B", "c", "d"), id="mail_1", sender="receipts@shop.example", address=address,
                         now=NOW)


async def test_an_address_in_any_script_is_reached(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    await put(shop, "jörg@example.com", "ada@bücher.example")
    await round(shop)
    assert [row["answer"] for row in await shop.rows("SELECT answer FROM pay.mail WHERE env = %s", shop.ctx.env)] == [
        "250 kept"] * 2
    assert sorted(to for to, _ in server.taken) == [["ada@xn--bcher-kva.example"], ["jörg@example.com"]]


# ---------------------------------------------------------------- servers that refuse, and none that answers


async def test_a_refusal_for_good_is_the_end_and_one_for_now_is_not(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    server.answers = {"gone@example.com": ["550 5.1.1 no such mailbox"], "busy@example.com": ["451 later", "250 fine"]}
    await put(shop, "gone@example.com", "busy@example.com", ADA)
    await round(shop)
    assert await kept(shop) == [(ADA, "sent", 1), ("busy@example.com", "waiting", 1), ("gone@example.com", "failed", 1)]
    [row] = await shop.rows("SELECT answer FROM pay.mail WHERE env = %s AND status = 'failed'", shop.ctx.env)
    assert row["answer"] == "550 5.1.1 no such mailbox"
    await round(shop)
    assert len(server.taken) == 1
    shop.clock.move(seconds=schedule.DELAYS[0] * 1.2)
    await round(shop)
    assert await kept(shop) == [(ADA, "sent", 1), ("busy@example.com", "sent", 2), ("gone@example.com", "failed", 1)]
    assert not await waits(shop)


async def test_without_a_server_mails_wait_and_are_given_up_after_days(shop: Desk, server: MailServer) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        shop = through(shop, server, smtp_port=nobody.getsockname()[1])
        await put(shop, ADA)
        began = shop.clock.now()
        for _ in range(len(schedule.DELAYS) + 1):
            assert [one[1] for one in await kept(shop)] == ["waiting"]
            await round(shop)
            [row] = await shop.rows("SELECT next_at FROM pay.mail WHERE env = %s", shop.ctx.env)
            if row["next_at"]:
                shop.clock.at = row["next_at"]
    assert [one[1:] for one in await kept(shop)] == [("failed", len(schedule.DELAYS) + 1)]
    assert 2.5 < (shop.clock.now() - began).total_seconds() / 86_400 < 4


async def test_a_password_is_sent_only_where_the_certificate_is_good(shop: Desk, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    """And a server that does not know it loses no mail: it waits until that is mended."""
    certificate = certified(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    async with mail_server(context, login=("shop", "right")) as server:
        told = {"smtp_host": "localhost", "smtp_tls": "starttls", "smtp_user": "shop"}
        right, wrong = (through(shop, server, smtp_password=SecretStr(word), **told) for word in ("right", "wrong"))
        await put(shop, ADA)
        await round(right)
        assert await kept(shop) == [(ADA, "waiting", 1)]
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
        shop.clock.move(seconds=schedule.DELAYS[0] * 1.2)
        await round(wrong)
        assert (server.taken, await kept(shop)) == ([], [(ADA, "waiting", 2)])
        shop.clock.move(seconds=schedule.DELAYS[1] * 1.2)
        await round(right)
        assert await kept(shop) == [(ADA, "sent", 3)]


async def test_what_cannot_be_written_holds_up_no_other(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    await put(shop, ADA, about="we_nothing")
    await put(shop, "bob@example.com")
    await round(shop)
    assert await kept(shop) == [(ADA, "waiting", 1), ("bob@example.com", "sent", 1)]


# ---------------------------------------------------------------- workers that die


async def test_who_dies_late_leaves_it_to_the_next_under_the_same_name(shop: Desk, server: MailServer) -> None:
    """After the server took it, and before that is written down."""
    shop = through(shop, server)
    await put(shop, ADA)
    [claimed] = await outbox.claim(shop.runtime, shop.ctx.env, 10)
    letter = messages.written(await letters.write(shop.runtime, claimed), id=claimed.id,
                              sender="receipts@shop.example", address=ADA, now=shop.clock.now())
    assert (await post.send(shop.runtime.settings, letter, ADA)).taken  # and here it dies
    await round(shop)
    assert len(server.taken) == 1, "the lease of the dead one still holds"
    await expire(shop)
    await round(shop)
    assert await kept(shop) == [(ADA, "sent", 1)]
    assert len({message["Message-ID"] for _, message in server.taken}) == 1
    assert len(server.taken) == 2


async def test_who_lost_the_lease_records_nothing(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    await put(shop, ADA)
    [late] = await outbox.claim(shop.runtime, shop.ctx.env, 10)
    await expire(shop)
    [second] = await outbox.claim(shop.runtime, shop.ctx.env, 10)
    await outbox.record(shop.runtime, late, post.Answer(550, "no", final=True))
    assert await kept(shop) == [(ADA, "waiting", 0)]
    await outbox.record(shop.runtime, second, post.Answer(250, "yes"))
    assert await kept(shop) == [(ADA, "sent", 1)]


async def test_what_one_worker_has_in_hand_no_other_takes(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    await put(shop, *(f"a{number}@example.com" for number in range(30)))
    await asyncio.gather(*(round(shop) for _ in range(6)))
    assert len(server.taken) == 30
    assert {one[1:] for one in await kept(shop)} == {("sent", 1)}


# ---------------------------------------------------------------- floods


async def test_an_environment_sends_so_many_an_hour_and_the_rest_later(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server, mail_per_hour=5)
    other = through(await shop.merchant(), server, mail_per_hour=5)
    await put(shop, *(f"a{number:02}@example.com" for number in range(12)))
    await put(other, ADA)
    for _ in range(4):
        await round(shop)
    await round(other)
    assert len(server.taken) == 6
    assert not await waits(shop)
    for hours in (1, 1, 1):
        shop.clock.move(hours=hours, minutes=20)
        await round(shop)
    assert len(server.taken) == 13
    assert {one[1] for one in await kept(shop)} == {"sent"}


async def test_one_address_gets_so_many_a_day_and_holds_up_no_other(shop: Desk, server: MailServer) -> None:
    shop, id = through(shop, server, mail_per_address=3), await endpoint(shop)
    for number in range(8):
        await put(shop, ("ADA@example.com", ADA)[number % 2], reason=str(number), about=id)
    await put(shop, "bob@example.com", about=id)
    for _ in range(3):
        await round(shop)
    assert sorted(to[0].lower() for to, _ in server.taken) == [ADA] * 3 + ["bob@example.com"]
    shop.clock.move(days=1, minutes=1)
    await round(shop)
    assert len(server.taken) == 7


# ---------------------------------------------------------------- an endpoint that is given up


async def test_the_owners_hear_of_an_endpoint_that_we_give_up(shop: Desk, server: MailServer) -> None:
    shop = through(shop, server)
    async with shop.runtime.db.everywhere() as tx:
        for name, role in (("ada", "owner"), ("bob", "owner"), ("eve", "developer")):
            await members.create(tx, shop.ctx.account, f"{name}@example.com", "a-good-password", name, role)
    async with Receiver(status(410)) as gone:
        async with shop.ctx.transaction() as tx:
            hook = await endpoints.create(shop.ctx, tx, {"url": gone.url, "enabled_events": ["*"]})
        shop.clock.move(seconds=1)
        await shop.happen()
        await deliver(shop)
    assert [one[:2] for one in await kept(shop)] == [(ADA, "waiting"), ("bob@example.com", "waiting")]
    await round(shop)
    assert sorted(to for to, _ in server.taken) == [[ADA], ["bob@example.com"]]
    body = server.taken[0][1].get_body(("plain",))
    assert body is not None
    assert f"/test/developers/webhooks/{hook['id']}" in body.get_content()
    assert "410 Gone" in body.get_content()


async def deliver(shop: Desk) -> None:
    await events.dispatch(shop.runtime, shop.ctx.env)
    egress = Egress(private=True)
    for one in await deliveries.claim(shop.runtime, shop.ctx.env, limit=10):
        await deliveries.finish(shop.runtime, await deliveries.send(shop.runtime, egress, one))
    await egress.close()


async def expire(shop: Desk) -> None:
    await shop.runtime.db.execute(shop.ctx.env, "UPDATE pay.mail SET leased_until = now() WHERE env = %s",
                                  (shop.ctx.env,))
