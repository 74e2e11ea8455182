"""What a receipt says: the payment as it stands now, with what went back, in texts for people."""

from dataclasses import dataclass
from typing import Any

from backend.accounts import environments
from backend.checkout_sessions import sessions
from backend.context import Context, Runtime
from backend.disputes import disputes
from backend.errors import NotFound
from backend.languages import Language
from backend.payments import charges
from backend.payments import receipts as addresses
from backend.receipts import words
from backend.refunds import refunds
from backend.web.amounts import amount, when

Row = dict[str, Any]
DAY = "d MMMM y"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was bought: its name, what stands below it, and what it came to."""

    name: str
    note: str
    amount: str


@dataclass(frozen=True, slots=True)
class Back:
    """Money that went back, or is on its way: `standing` is a key of the words."""

    id: str
    standing: str
    date: str
    amount: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that the page, the letter and the PDF show; amounts and dates are texts."""

    charge: str
    say: Language
    url: str
    seller: str
    contact: str | None
    livemode: bool
    standing: str
    lead: str
    amount: str
    kept: str | None
    date: str
    method: str
    number: str | None
    reference: str | None
    statement: str | None
    email: str | None
    lines: list[Line]
    sums: list[tuple[str, str]]
    backs: list[Back]
    owner: Row
    """The environment with the account's profile: for the seller's look."""

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Names and values that stand below the amount."""
        found = (("number", self.number), ("date_paid", self.date), ("method", self.method),
                 ("reference", self.reference), ("statement", self.statement))
        return [(self.say.text(name), value) for name, value in found if value]


async def opened(runtime: Runtime, token: str, *, request_id: str | None = None) -> tuple[Context, str]:
    """The environment and the charge whose receipt an address opens; raises NotFound."""
    env, charge = addresses.opened(runtime, token)
    return await environments.context(runtime, env, actor="shopper", request_id=request_id, shown=True), charge


async def get(ctx: Context, charge_id: str, header: str = "") -> Receipt:
    """The receipt of a charge, in the language of its checkout session or of an Accept-Language `header`; raises
    NotFound while nothing was paid by it."""
    charge = await charges.get(ctx, charge_id)
    if charge["receipt_url"] is None:
        raise NotFound("receipt", charge_id)
    back = (await refunds.find(ctx, {"charge": charge_id, "limit": 100}))["data"]
    claims = (await disputes.find(ctx, {"charge": charge_id, "limit": 20}))["data"]
    found = (await sessions.find(ctx, {"payment_intent": charge["payment_intent"], "limit": 1}))["data"]
    session: Row | None = found[0] if found else None
    items = await sessions.sold(ctx, session["id"]) if session else []
    owner = await environments.get(ctx.runtime, ctx.env)
    say = words.DOMAIN.language(session["locale"] if session else None, header)
    return _made(ctx, say, charge, [one for one in reversed(back) if _moved(one)], claims, session, items, owner)


def _made(ctx: Context, say: Language, charge: Row, back: list[Row], claims: list[Row], session: Row | None,
          items: list[Row], owner: Row) -> Receipt:
    tag, currency, paid = say.region, charge["currency"], charge["amount_captured"]
    seller = environments.display_name(owner)
    returned = sum(one["amount"] for one in back if one["status"] == "succeeded")
    standing = _standing(paid, returned, claims)
    lead = "" if standing == "paid" else say.text(f"{standing}_lead", back=amount(returned, currency, tag),
                                                  amount=amount(paid, currency, tag))
    lines = [_line(say, item, currency) for item in items] or [
        Line(charge["description"] or say.text("payment_to", seller=seller), "", amount(paid, currency, tag))]
    return Receipt(
        charge=charge["id"], say=say, url=charge["receipt_url"], seller=seller, contact=_contact(owner),
        livemode=ctx.livemode, standing=standing, lead=lead, amount=amount(paid, currency, tag),
        date=when(charge["created"], DAY, tag),
        kept=amount(paid - returned, currency, tag) if 0 < returned < paid else None,
        method=words.method(say, charge["payment_method_details"]), number=charge["receipt_number"],
        reference=session["client_reference_id"] if session else None,
        statement=charge["calculated_statement_descriptor"],
        email=charge["receipt_email"], lines=lines, sums=_sums(say, session) if session else [],
        backs=[Back(one["id"], f"refund_{one['status']}", when(one["created"], DAY, tag),
                    amount(one["amount"], currency, tag)) for one in back], owner=owner)


def _moved(refund: Row) -> bool:
    """Whether money goes back by it: not by what failed, nor by the rest of a hold that was given free."""
    card = (refund.get("destination_details") or {}).get("card") or {}
    return refund["status"] in ("succeeded", "pending") and card.get("type") != "reversal"


def _standing(paid: int, returned: int, claims: list[Row]) -> str:
    """How the payment stands; a bank that only asks has taken nothing."""
    states = {one["status"] for one in claims}
    if "lost" in states:
        return "lost"
    if states & {"needs_response", "under_review"}:
        return "disputed"
    return "paid" if not returned else "refunded" if returned >= paid else "partially_refunded"


def _line(say: Language, item: Row, currency: str) -> Line:
    full = item["amount_total"] + (item["amount_discount"] or 0)
    many = item["quantity"] > 1 and item["unit_amount"] is not None
    note = say.text("times", quantity=item["quantity"],
                    each=amount(item["unit_amount"], currency, say.region)) if many else item["description"] or ""
    return Line(item["name"], note, amount(full, currency, say.region))


def _sums(say: Language, session: Row) -> list[tuple[str, str]]:
    """What was taken off and put on, and the total; nothing when there is only a total."""
    currency, details, shipping = session["currency"], session["total_details"] or {}, session["shipping_cost"]
    tag, found = say.region, []
    if details.get("amount_discount"):
        found.append((say.text("discount"), f"−{amount(details['amount_discount'], currency, tag)}"))
    if shipping:
        found.append((say.text("shipping"), amount(shipping["amount_total"], currency, tag)))
    if found:
        found.append((say.text("total"), amount(session["amount_total"], currency, tag)))
    return found


def _contact(owner: Row) -> str | None:
    """Where a shopper asks: the support address, number or page that the account names."""
    profile = ((owner["profile"] or {}).get("business_profile")) or {}
    found: str | None = next((profile[name] for name in ("support_email", "support_phone", "support_url")
                              if profile.get(name)), None)
    return found
