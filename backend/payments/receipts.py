"""Receipts of a payment and its refunds: where each is seen, when a mail is drafted, and to whom.

Source: `receipt_email`, `receipt_number` and `receipt_url` of the Charge and Refund types of the official SDKs.
"""

import re
import secrets
from typing import Any

from backend import ids
from backend.context import Context, Runtime
from backend.crypto import mac, same
from backend.db import Connection, constraint
from backend.errors import ApiError, NotFound
from backend.mail import drafts
from backend.mail.kinds import Kind
from backend.payments import shapes, sql
from backend.payments.rows import Charge, Payment, Refund
from backend.rows import Doc

Row = dict[str, Any]
_SEAL_LENGTH = 32
_LETTERS = str.maketrans("0123456789abcdef", "ghjkmnpqrsabcdef")
"""A seal has no digits: of some thousand one would look like a card's number, and be hidden wherever it is written."""
_TOKEN = re.compile(rf"([0-9A-Za-z]+)-([a-s]{{{_SEAL_LENGTH}}})")
_NUMBERS_TRIED = 20


def shown(ctx: Context, charge: Charge, payment: Payment) -> Row:
    """The Charge object, with the address of its receipt."""
    return shapes.charge(charge, payment, livemode=ctx.livemode, receipt_url=url(ctx, charge))


def url(ctx: Context, charge: Charge) -> str | None:
    """Where the receipt is seen, by whoever has the address; None while nothing was paid."""
    paid = charge.status == "succeeded" and charge.captured
    return f"{ctx.settings.pay_base}/receipts/{token(ctx.runtime, charge.id)}" if paid else None


def token(runtime: Runtime, charge_id: str) -> str:
    """What opens the receipt of a charge: its id and 128 bits that only we can compute. It lasts for ever."""
    return f"{charge_id.removeprefix('ch_')}-{_seal(runtime, charge_id)}"


def opened(runtime: Runtime, token: str) -> tuple[int, str]:
    """Environment and id of the charge that a token opens; raises NotFound for one that is none of ours."""
    found = _TOKEN.fullmatch(token)
    charge = f"ch_{found[1]}" if found else ""
    env = ids.environment(charge)
    if not found or env is None or not same(found[2], _seal(runtime, charge)):
        raise NotFound("receipt", "")
    return env, charge


def _seal(runtime: Runtime, charge_id: str) -> str:
    return mac(runtime.network_secret, "receipt", charge_id)[:_SEAL_LENGTH].translate(_LETTERS)


def address(charge: Charge, payment: Payment) -> str | None:
    """Where its receipts go: what was said of the charge itself wins over what the payment said."""
    said = charge.own or {}
    found: str | None = said.get("receipt_email", payment.receipt_email)
    return found


def of_payment(ctx: Context, payment: Payment, charge: Charge) -> Doc:
    """The receipt that a payment's success drafts, as a part of its commit: of each charge one."""
    return _part(ctx, Kind.RECEIPT, charge.id, address(charge, payment), f"receipt:{charge.id}")


def of_refund(ctx: Context, payment: Payment, charge: Charge, refund: Refund) -> Doc:
    """The receipt that the success of a refund drafts, as a part of its commit."""
    return _part(ctx, Kind.REFUND, refund.id, address(charge, payment), f"refund:{refund.id}")


def _part(ctx: Context, kind: Kind, id: str, to: str | None, reason: str) -> Doc:
    return {"mails": [drafts.draft(ctx, kind, id, to, reason)]} if to and drafts.leave(ctx) else {}


async def again(ctx: Context, tx: Connection, charge_id: str, to: str, reason: str) -> None:
    """Draft one more receipt of a charge, in the caller's transaction; nothing when this `reason` has one."""
    await drafts.put(ctx, tx, drafts.draft(ctx, Kind.RECEIPT, charge_id, to, f"receipt:{charge_id}:{reason}"))


async def number(ctx: Context, id: str) -> str:
    """The number on the receipts of a charge or refund, given when the first one is about to be sent.

    Eight digits that are the environment's only once; when many are taken, more. Raises ApiError when none is found.
    """
    statement = sql.REFUND_NUMBER if id.startswith("re_") else sql.CHARGE_NUMBER
    for tried in range(_NUMBERS_TRIED):
        digits = "".join(secrets.choice("0123456789") for _ in range(8 + tried // 4))
        wish = f"{digits[:4]}-{digits[4:]}"
        try:
            rows = await ctx.db.rows(ctx.env, statement, {"env": ctx.env, "id": id, "number": wish})
        except Exception as error:
            if constraint(error) not in sql.NUMBERS:
                raise
            continue
        if rows:
            return str(rows[0]["receipt_number"])
        raise NotFound("receipt", id)
    raise ApiError("No receipt number could be found.")
