"""A change of a row writes what it names: absent leaves a column as it is, NULL empties it."""

from pathlib import Path
from typing import Any

import orjson

from backend.payments import commits, new_rows
from backend.payments.rows import Charge
from tests.desk import Desk, desk
from tests.stack import Schema


async def _row(one: Desk, table: str) -> dict[str, Any]:
    [found] = await one.rows(f"SELECT to_jsonb(t) AS row FROM pay.{table} t WHERE env = %s", one.ctx.env)
    return found["row"]


async def _paid(one: Desk) -> dict[str, Any]:
    """The row of a charge that failed."""
    intent = new_rows.intent(one.ctx, {"amount": 100, "currency": "usd"})
    intent.status = "requires_payment_method"
    now = one.clock.now().isoformat()
    charge = {"env": one.ctx.env, "id": "ch_1", "payment_id": intent.id, "amount": 100, "currency": "usd",
              "amount_captured": 0, "amount_refunded": 0, "status": "failed", "step": 1, "captured": False,
              "refunded": False, "failure_code": "card_declined", "failure_message": "No.",
              "outcome": {"type": "blocked"}, "payment_method_details": {"type": "card"},
              "billing_details": {}, "customer_id": None, "payment_method_id": "pm_1",
              "acquirer_ref": None, "authorization_code": None, "network_transaction_id": None,
              "created_at": now, "scenario": None, "actor": one.ctx.actor, "request_id": None}
    waits = {"env": one.ctx.env, "id": "tds_1", "payment_id": intent.id, "payment_method_id": "pm_1",
             "status": "challenge", "three_ds_server_trans_id": "t", "acs_transaction_id": "a",
             "ds_transaction_id": "d", "acs_url": "https://bank.example", "amount": 100, "currency": "usd",
             "trans_status": "C", "return_url": None, "created_at": now, "brake": None}
    await commits.write(one.ctx, {**commits.moved(one.ctx, intent, {}, new=True),
                                  **commits.charged(one.ctx, None, Charge(**charge)), "authentications": [waits]})
    return await _row(one, "charge")


async def test_a_change_of_a_charge_leaves_what_it_does_not_name(postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        before = await _paid(one)
        changed = before | {"failure_message": None, "outcome": {"type": "issuer_declined"}}
        await commits.write(one.ctx, commits.charged(one.ctx, Charge.read(before), Charge.read(changed)))
        assert await _row(one, "charge") == changed


async def test_a_change_of_an_authentication_leaves_what_it_does_not_name(postgres: Schema, tmp_path: Path) -> None:
    async with desk(postgres, tmp_path) as one:
        await _paid(one)
        before = await _row(one, "authentication")
        await commits.write(one.ctx, {"authentication_changes": [
            {"id": "tds_1", "change": {"status": "failed", "trans_status": None}}]})
        after = await _row(one, "authentication")
        assert after == before | {"status": "failed", "trans_status": None, "step": after["step"]}


async def test_whole_rows_of_the_release_before_are_taken(postgres: Schema, tmp_path: Path) -> None:
    """Its processes serve on while an upgrade runs."""
    async with desk(postgres, tmp_path) as one:
        charge = await _paid(one) | {"failure_message": None, "disputed": True}
        waits = await _row(one, "authentication") | {"status": "succeeded", "eci": "05", "trans_status": "Y"}
        doc = orjson.dumps({"charge_changes": [charge], "authentication_changes": [waits]}).decode()
        await one.ctx.call("pay.payment_write(%s, %s::jsonb)", one.ctx.env, doc)
        assert await _row(one, "charge") == charge
        after = await _row(one, "authentication")
        assert after == waits | {"step": after["step"]}
