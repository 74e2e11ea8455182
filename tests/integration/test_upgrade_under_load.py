"""Payments run through processes of before while a later version upgrades their database: none fails."""

import asyncio
from pathlib import Path

import httpx2
import psycopg
import pytest

from backend import migrations
from backend.migrations import revisions
from tests import books
from tests.next_revision import next_revision
from tests.receivers import Receiver
from tests.stack import running

TABLES = ("payment", "attempt", "charge", "idempotency", "customer", "event", "outbox", "endpoint", "delivery")
"""A column for each table of a payment and of what follows it, which is what revisions of the past have done."""
TEXT = "".join(f"ALTER TABLE pay.{name} ADD COLUMN later text;" for name in TABLES) + """
SELECT core.resource_table('afterthought');
ALTER TABLE pay.afterthought
  ADD COLUMN payment_id text COLLATE "C" GENERATED ALWAYS AS (doc->>'payment') STORED,
  ADD FOREIGN KEY (env, payment_id) REFERENCES pay.payment (env, id);
ALTER TABLE pay.charge ADD FOREIGN KEY (env, later) REFERENCES pay.afterthought (env, id);
"""


async def test_payments_go_on_while_the_database_is_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as stack:
        async with Receiver() as shop, httpx2.AsyncClient(
                base_url=stack.api_base, auth=(stack.secret_key, ""), timeout=60, trust_env=False) as http:
            hook = await http.post("/v1/webhook_endpoints", data={"url": shop.url,
                                                                  "enabled_events[]": "charge.succeeded"})
            assert hook.status_code == 200, hook.text
            upgraded, replies = asyncio.Event(), []

            async def buy(buyer: int) -> None:
                """Before, meanwhile, and a few times after."""
                number, after = 0, 0
                while after < 5:
                    number, after = number + 1, after + upgraded.is_set()
                    replies.append(await http.post("/v1/payment_intents", headers={
                        "Idempotency-Key": f"{buyer}-{number}"}, data={
                        "amount": "1000", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}))
                    replies.append(await http.get(f"/v1/webhook_endpoints/{hook.json()['id']}"))
                    replies.append(await http.get("/v1/webhook_endpoints"))

            async def upgrade() -> None:
                try:
                    while len(replies) < 30:  # the old processes know their statements by heart
                        await asyncio.sleep(0.05)
                    with next_revision(monkeypatch, tmp_path, TEXT):
                        await asyncio.to_thread(migrations.upgrade, stack.urls.owner)
                finally:
                    upgraded.set()

            await asyncio.gather(upgrade(), *(buy(buyer) for buyer in range(4)))
            assert [reply.text for reply in replies if reply.status_code != 200] == []
            paid = sum(reply.json()["object"] == "payment_intent" for reply in replies)
            await asyncio.to_thread(stack.wait, lambda: len(shop.received) >= paid, 90)
        with psycopg.connect(stack.urls.owner) as link:
            assert link.execute(revisions.QUERY).fetchall() == [("next",)]
        assert await books.violations(stack) == []
