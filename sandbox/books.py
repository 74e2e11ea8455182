"""What an acquirer knows: one entry per network key, and the rules by which messages change them. No I/O.

One message writes at most one record, so a record is the whole effect: an approved `void` or `cancel` names the
original it reverses, and replaying the records in order gives the same books.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.cards import INCREMENTS, MULTICAPTURES, REFUNDS

APPROVED, DECLINED, REVERSED, TOMBSTONE, PENDING = "approved", "declined", "reversed", "tombstone", "pending"
OK, INVALID, BAD_AMOUNT, DUPLICATE, IN_PROGRESS, CLOSED_CARD = "00", "12", "13", "94", "09", "54"
NOT_PERMITTED = "57"
DECIDED, RETURN = "refund_decided", "refund_return"
"""What happens later, without a message: a refund (or a bank's debit) is decided, or a refund's money comes back."""

Record = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """The current state of one network key. `moved` is what later messages took of it: captured, or refunded.

    Of an authorisation, `raised` is what increments put on top, `refunded` what was given back of its captures, and
    `closed` that nothing more can be taken; `final` is False for a capture that others follow. `returned` says that a
    refund's money came back from the card's bank.
    """

    key: str
    kind: str | None = None
    original: str | None = None
    amount: int = 0
    currency: str = ""
    status: str = TOMBSTONE
    code: str = DUPLICATE
    ref: str | None = None
    auth: str | None = None
    checks: str = ""
    seq: int = 0
    moved: int = 0
    card: tuple[str, str] = ("", "")
    returned: bool = False
    raised: int = 0
    refunded: int = 0
    final: bool = True
    closed: bool = False

    @property
    def held(self) -> int:
        """All that was authorised: the message's own amount and what increments put on top."""
        return self.amount + self.raised


class Books:
    """All entries of one acquirer. `prefix` begins its references; two letters."""

    def __init__(self, connector: str) -> None:
        self.connector = connector
        self.prefix = connector[:2].upper()
        self.entries: dict[str, Entry] = {}
        self.seq = 0

    # ---- deciding

    def repeated(self, key: str, kind: str, amount: int, currency: str, original: str | None) -> Entry | None:
        """The entry that answers a key seen before, or None for a new one.

        A key that comes back with another content gets None too: `clashes` tells them apart.
        """
        entry = self.entries.get(key)
        if entry is None or entry.kind is None:
            return None
        same = (entry.kind, entry.amount, entry.currency, entry.original) == (kind, amount, currency, original)
        return entry if same else None

    def clashes(self, key: str) -> bool:
        """True when the key is taken (by a message of another content, or by a tombstone)."""
        return key in self.entries

    def buried(self, key: str) -> bool:
        """True for a tombstone whose message had not come yet."""
        entry = self.entries.get(key)
        return entry is not None and entry.kind is None

    def refusal(self, kind: str, amount: int, currency: str, original_key: str | None, *, final: bool = True) -> str:
        """The response code of a message that names an original: 00 or why not. `final`: no other capture follows."""
        original = self.entries.get(original_key or "")
        if kind == "cancel":
            return self._cancel_refusal(original)
        if amount <= 0:
            return BAD_AMOUNT
        if original is None or original.status != APPROVED or original.currency != currency:
            return INVALID
        open = original.kind == "authorize" and not original.closed
        brand = self._card(original)[1]
        if open and ((kind == "increment" and brand not in INCREMENTS) or (not final and brand not in MULTICAPTURES)):
            return NOT_PERMITTED
        if kind == "increment":
            fits = open
        elif kind == "capture":
            fits = open and original.moved + amount <= original.held
        elif kind == "void":
            whole = original.kind == "sale" and not original.moved
            fits = (open or whole) and amount == original.held - original.moved
        else:
            fits = amount <= self._refundable(original)
        if fits and kind == "refund" and REFUNDS.get(self._card(original)) == "pending":
            return IN_PROGRESS
        return OK if fits else INVALID

    def _refundable(self, entry: Entry) -> int:
        """What may still be given back of a capture or sale, or of an authorisation: of all its captures."""
        if entry.kind == "authorize":
            return entry.moved - entry.refunded
        below = self.entries.get(entry.original or "") if entry.kind == "capture" else None
        left = entry.amount - entry.moved if entry.kind in ("capture", "sale") else 0
        return min(left, below.moved - below.refunded) if below else left

    def _card(self, entry: Entry) -> tuple[str, str]:
        """(last four, brand) of the card behind a message; of none when messages name each other in a circle, which
        they can: a name that was buried before it came may be used for another message."""
        for _ in range(len(self.entries)):
            if entry.card[0] or entry.original not in self.entries:
                break
            entry = self.entries[entry.original]
        return entry.card

    def _cancel_refusal(self, original: Entry | None) -> str:
        """A cancel always succeeds, unless money has moved on top of the original: undoing that would lose it."""
        if original is None or original.status not in (APPROVED, PENDING):
            return OK
        below = self.entries.get(original.original or "")
        gone = original.moved or original.returned
        if below and original.kind == "increment":
            gone = below.moved > below.held - original.amount
        elif below and original.kind == "capture":
            gone = gone or below.refunded > below.moved - original.amount
        return INVALID if gone or original.kind in ("void", "cancel") else OK

    # ---- recording

    def record(self, at: str, key: str, kind: str, amount: int, currency: str, original: str | None, code: str,
               checks: str, card: tuple[str, str] | None = None, *, final: bool = True) -> Record:
        """Number, apply and return the record of a message that was decided with `code`."""
        self.seq += 1
        before = self.entries.get(key)
        dead = before is not None and before.status == TOMBSTONE  # the late message is refused for good
        approved = code in (OK, IN_PROGRESS) and not dead
        status = PENDING if code == IN_PROGRESS else APPROVED
        record: Record = {
            "seq": self.seq, "at": at, "connector": self.connector, "network_key": key, "original_key": original,
            "kind": kind, "amount": amount, "currency": currency,
            "status": TOMBSTONE if dead else status if approved else DECLINED,
            "response_code": DUPLICATE if dead else code,
            "acquirer_ref": f"{self.prefix}{self.seq:010}" if approved else None,
            "auth_code": f"{(self.seq * 7919) % 1_000_000:06}" if approved else None,
            "checks": checks,
        }
        if card is not None:
            record["last4"], record["brand"] = card
        if not final:
            record["final"] = False
        self.apply(record)
        return record

    def later(self, at: str, key: str, what: str, code: str = OK) -> Record | None:
        """Number, apply and return the record of what happens to a refund (or a bank's debit, which `code` may refuse)
        without a message; None when it cannot."""
        refund = self.entries.get(key)
        if refund is None or refund.returned or refund.status != (PENDING if what == DECIDED else APPROVED):
            return None
        self.seq += 1
        record: Record = {
            "seq": self.seq, "at": at, "connector": self.connector, "network_key": f"{key}-{what}",
            "original_key": key, "kind": what, "amount": refund.amount, "currency": refund.currency,
            "status": APPROVED if code == OK else DECLINED, "response_code": code if what == DECIDED else CLOSED_CARD,
            "acquirer_ref": f"{self.prefix}{self.seq:010}", "auth_code": None, "checks": ""}
        self.apply(record)
        return record

    def waiting(self) -> list[tuple[str, str]]:
        """Refunds to which something is still to happen: (network key, what)."""
        return [(entry.key, what) for entry in self.entries.values() if (what := self.awaits(entry))]

    def awaits(self, entry: Entry) -> str:
        """What is still to happen to this entry, or nothing."""
        if entry.kind != "refund" or entry.returned:
            return ""
        if entry.status == PENDING:
            return DECIDED
        return RETURN if entry.status == APPROVED and REFUNDS.get(self._card(entry)) == "returned" else ""

    def apply(self, record: Record) -> None:
        """Take one record into the books; used live and when replaying."""
        self.seq = max(self.seq, record["seq"])
        if record["kind"] == DECIDED:
            decided = self.entries[record["original_key"]]
            decided.status, decided.code = record["status"], record["response_code"]
            return
        entry = Entry(record["network_key"], record["kind"], record["original_key"], record["amount"],
                      record["currency"], record["status"], record["response_code"], record["acquirer_ref"],
                      record["auth_code"], record["checks"], record["seq"],
                      card=(record.get("last4", ""), record.get("brand", "")), final=record.get("final", True))
        before = self.entries.get(entry.key)
        if before is not None and before.status != TOMBSTONE:
            # Only an acquirer told to ignore keys gets here: both charges stay visible, the later owns the key.
            self.entries[f"{entry.key}#{before.seq}"] = before
        self.entries[entry.key] = entry
        if entry.status in (APPROVED, PENDING) and entry.original is not None:
            self._affect(entry, entry.original)

    def _affect(self, entry: Entry, original_key: str) -> None:
        original = self.entries.get(original_key)
        if entry.kind == "cancel":
            if original is None:
                self.entries[original_key] = Entry(original_key, seq=entry.seq)
            elif original.status in (APPROVED, PENDING):
                self._reverse(original)
        elif original is not None:
            if entry.kind == "void" and original.kind == "authorize" and original.moved:
                original.closed = True  # the rest is released; what was captured of it stands
            elif entry.kind == "void":
                self._reverse(original)
            elif entry.kind == RETURN:
                original.returned, original.code = True, entry.code
                self._give_back(original)
            else:
                self._take(entry, original, 1)

    def _take(self, entry: Entry, original: Entry, way: int) -> None:
        """What an increment, capture or refund does to its original; `way` is -1 when it is undone."""
        if entry.kind == "increment":
            original.raised += way * entry.amount
        elif entry.kind == "refund" and original.kind == "authorize":
            original.refunded += way * entry.amount
        else:
            original.moved += way * entry.amount
            below = self.entries.get(original.original or "")
            if entry.kind == "capture" and entry.final:
                original.closed = way > 0
            elif entry.kind == "refund" and original.kind == "capture" and below:
                below.refunded += way * entry.amount

    def _reverse(self, entry: Entry) -> None:
        entry.status = REVERSED
        self._give_back(entry)

    def _give_back(self, entry: Entry) -> None:
        """What the entry took of its original may be taken again."""
        below = self.entries.get(entry.original or "")
        if below is not None and entry.kind in ("increment", "capture", "refund"):
            self._take(entry, below, -1)

    # ---- showing

    def view(self) -> list[Record]:
        """The current truth, one object per network key: the columns of `acquirer_record`.

        Cancels themselves are left out; what they did shows on the key that they named. A tombstone whose message
        never came has no kind, amount or currency. `original_key` stands only on what came without a message of ours,
        `final` only on a capture that others may follow.
        """
        return [
            {"connector": self.connector, "network_key": e.key, "acquirer_ref": e.ref, "kind": e.kind,
             "amount": e.amount if e.kind else None, "currency": e.currency if e.kind else None, "status": e.status}
            | ({"original_key": e.original} if e.kind == RETURN else {}) | ({} if e.final else {"final": False})
            for e in self.entries.values() if e.kind != "cancel"
        ]
