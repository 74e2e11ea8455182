"""The tables of docs/guides/test-cards.md, made from those that decide: `make cards` writes them, a test compares.

What a card is stands in `backend/cards/test_cards.py`, what its issuer answers in `sandbox/cards.py`, and what comes
later in `backend/payments/scenarios.py`. The page's own words stay; the first table under each heading is replaced.
"""

import re
from collections.abc import Callable

from backend.cards.test_cards import RISK, TEST_CARDS, facts
from backend.countries import named
from backend.networks.declines import explain
from backend.networks.iso8583 import REASONS
from backend.payments import scenarios
from sandbox.cards import CARDS, TestCard
from tests.stack import ROOT

FILE = ROOT / "docs" / "guides" / "test-cards.md"
_BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
           "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "cartes_bancaires": "Cartes Bancaires",
           "eftpos_au": "eftpos Australia", "unknown": "A brand that is not known"}
_COMES = {"inquiry": "an inquiry", "fraud_record": "an early fraud warning",
          "multiple": "two disputes of half the amount, `fraudulent`",
          "visa_compelling_evidence_3": "`fraudulent`; compelling evidence 3.0 may be given",
          "visa_compliance": "`noncompliant`", "mastercard_compliance": "`noncompliant`",
          "resolution": "`fraudulent`; with `dispute_prevention` it is `prevented`, case `resolution`",
          "block": "`fraudulent`; with `dispute_prevention` it is `prevented`, case `block`"}
Row = tuple[str, ...]


def _comes(card: TestCard) -> str | None:
    return scenarios.of({"type": "card", "card": {"brand": card.brand, "last4": card.number[-4:]}})


def _declined(card: TestCard) -> bool:
    return not card.needs_cavv and (card.code != "00" or card.cvc_code != "00")


def _checked(card: TestCard) -> bool:
    return (card.cvc, card.postal, card.line1) != ("M", "M", "M")


def _section(card: TestCard) -> str:
    """The heading that a card stands under; each has one."""
    if _declined(card):
        return "Cards that are declined"
    if card.three_ds not in ("not_enrolled", "not_supported"):
        return "Cards that ask the bank"
    if card.number in RISK or _checked(card) or "risk" in card.note:
        return "Cards with a risk"
    if card.refund:
        return "Cards for refunds"
    if _comes(card):
        return "Cards that are disputed"
    return "Cards of other countries" if "another country" in card.note else "Cards that pay"


def _number(card: TestCard) -> str:
    sizes = {14: (4, 6, 4), 15: (4, 6, 5)}.get(len(card.number), (4, 4, 4, 4, 3))
    parts, at = [], 0
    for size in sizes:
        parts.append(card.number[at:at + size])
        at += size
    return " ".join(filter(None, parts))


def _names(card: TestCard) -> str:
    aliases = facts(card.number).aliases
    shown = [name for name in aliases if name.startswith("pm_card_")] or list(aliases)
    return ", ".join(f"`{name}`" for name in shown) or "–"


def _card(card: TestCard) -> Row:
    known = facts(card.number)
    brand = _BRANDS[card.brand] + (f" and {_BRANDS[known.second_network]}" if known.second_network else "")
    more = [*([known.funding] if known.funding != "credit" else []),
            *([f"{len(card.number)} digits"] if len(card.number) not in (15, 16) else []),
            *([dict(named())[known.country]] if known.country != "US" else [])]
    return (", ".join([brand, *more]),)


def _decline(card: TestCard) -> Row:
    sent = card.cvc_code if card.cvc_code != "00" else card.code
    refusal = explain(REASONS.get(sent), sent)
    when = "when a security code is sent" if card.cvc_code != "00" else \
        "payments only: it can be saved" if card.verify_code == "00" else "always"
    return f"`{refusal.code}`", f"`{refusal.decline_code}`" if refusal.decline_code else "–", when


def _note(card: TestCard) -> Row:
    return (card.note[0].lower() + card.note[1:],)


def _risk(card: TestCard) -> Row:
    level = RISK.get(card.number)
    if level == "highest":
        return ("blocked, nothing is sent; risk `highest`",)
    said = "pays" if "risk" in card.note else _note(card)[0]
    return (said + (f"; risk `{level}`" if level else ""),)


def _refund(card: TestCard) -> Row:
    return ("`pending`, and after a while `succeeded`" if card.refund == "pending" else
            "`succeeded`, and after a while `failed` with `expired_or_canceled_card`",)


def _dispute(card: TestCard) -> Row:
    scenario = _comes(card)
    return (_COMES.get(scenario or "", f"`{scenario}`"),)


TABLES: dict[str, tuple[Row, Callable[[TestCard], Row]]] = {
    "Cards that pay": (("Card",), _card),
    "Cards that are declined": (("Code", "Decline code", "When"), _decline),
    "Cards that ask the bank": (("What happens",), _note),
    "Cards with a risk": (("What happens",), _risk),
    "Cards for refunds": (("What happens to a refund",), _refund),
    "Cards that are disputed": (("What comes",), _dispute),
    "Cards of other countries": (("Card",), _card),
}
"""Heading -> the columns after number and name, and what stands in them."""


def table(heading: str) -> str:
    """The table under a heading, as Markdown."""
    columns, cells = TABLES[heading]
    cards = [CARDS[number] for number in TEST_CARDS if _section(CARDS[number]) == heading]
    lines = [("Number", "Name", *columns), ("---",) * (2 + len(columns)),
             *((_number(card), _names(card), *cells(card)) for card in cards)]
    return "".join("|" + "|".join(line) + "|\n" if line[0] == "---" else f"| {' | '.join(line)} |\n" for line in lines)


def page(text: str) -> str:
    """The page with every table as the code has it; raises AssertionError for a heading that is not there."""
    for heading in TABLES:
        text, count = re.subn(rf"(^## {heading}\n.*?\n)\|.*?\n(?!\|)", rf"\g<1>{table(heading)}", text, count=1,
                              flags=re.MULTILINE | re.DOTALL)
        assert count == 1, f"no table under {heading}"
    return text


if __name__ == "__main__":
    FILE.write_text(page(FILE.read_text(encoding="utf-8")), encoding="utf-8")
