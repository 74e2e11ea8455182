"""Tokens: a card goes in and a token comes out; a token goes in and what may be shown, or used once, comes out.

Nothing here returns a card number but `use`, whose answer goes to an acquirer or a directory server and nowhere else.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC
from itertools import count
from typing import Any

import structlog

from backend import ids
from backend.cards import fingerprints, numbers, rows, sql, test_cards
from backend.cards.cvcs import Cvcs
from backend.cards.inputs import Typed, check, check_expiry
from backend.cards.keys import Damaged, DataKeys, KeyLost, unreadable
from backend.clock import Clock
from backend.crypto import mac
from backend.db import Database, sqlstate
from backend.errors import ApiError, IdempotencyMismatch, NotFound

log = structlog.get_logger(__name__)

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
PERSON = ("email", "name", "phone", "tax_id")
_FIELD = "number"
_KEEP_TRIES = 3
IIN_DIGITS = 6
_SAME = ("account", "fingerprint", "exp_month", "exp_year", "networks", "billing_details", "metadata",
         "allow_redisplay")
"""What makes a card that was kept the one that is to be kept once more."""


@dataclass(frozen=True, slots=True)
class Safe:
    """What keeping and opening cards needs; one per process."""

    db: Database
    keys: DataKeys
    cvcs: Cvcs
    clock: Clock
    fingerprint_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Extras:
    """What comes with a card and is no card data."""

    billing_details: dict[str, Any] = field(default_factory=lambda: billing({}, {}))
    metadata: dict[str, str] = field(default_factory=dict)
    allow_redisplay: str = "unspecified"
    preferred_network: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A card in the clear, for one use. `repr` shows last4 only."""

    number: str
    exp_month: int
    exp_year: int
    postal_code: str | None
    line1: str | None

    def __repr__(self) -> str:
        return f"Opened(…{self.number[-4:]})"


@dataclass(frozen=True, slots=True)
class Name:
    """What a card is found again by: `words` that only its owner says, for so many seconds."""

    words: tuple[object, ...]
    seconds: int


def billing(person: dict[str, str], address: dict[str, str]) -> dict[str, Any]:
    """`billing_details` with every field of the contract, null where nothing was given."""
    return {"address": {name: address.get(name) or None for name in ADDRESS},
            **{name: person.get(name) or None for name in PERSON}}


async def keep(safe: Safe, env: int, account: str, typed: Typed, three_ds: str, extras: Extras,
               prefix: str = "pm", named: Name | None = None) -> dict[str, Any]:
    """Store a typed card: its number sealed, its code in memory. Returns `describe`'s answer with `token`.

    A card that is `named` is stored once: by that name the same card is found again, and another raises
    IdempotencyMismatch.
    """
    facts = _facts(safe, account, typed, three_ds, extras)
    id, kept = await _place(safe, env, prefix, named, facts) if named else (ids.new(prefix, env), False)
    if not kept:
        try:
            await _store(safe, env, id, typed.number, facts)
        except Exception as error:  # a twin was faster
            if not named or sqlstate(error) != "23505" or await _place(safe, env, prefix, named, facts) != (id, True):
                raise
    if typed.cvc:
        safe.cvcs.put(id, typed.cvc)
    return {"token": id, **_shown(facts)}


async def exchange(safe: Safe, env: int, account: str, token: str, prefix: str = "pm") -> dict[str, Any] | None:
    """A payment method for a token of the same account: the card once more, with the code that was given with it.
    `prefix` begins its id: `card` for one that is kept in the older way, whose id the token has told already
    (`ids.card_of`); whoever asks twice for that gets the same.

    Returns `describe`'s answer with the new id as `token`, or None when there is no such token.
    """
    facts = await sql.card_facts(safe.db, env, token)
    if facts is None or facts["account"] != account:
        return None
    card = await use(safe, env, token, "exchange")
    copied = {name: facts[name] for name in rows.FACTS.known}
    bought = ids.card_of(token) if prefix == "card" else ids.new(prefix, env)
    try:
        await _store(safe, env, bought, card.number, copied)
    except Exception as error:
        if prefix != "card" or sqlstate(error) != "23505":
            raise
    if held := safe.cvcs.take(token):
        safe.cvcs.put(bought, held.text)
        held.wipe()
    return {"token": bought, **_shown(facts)}


async def _place(safe: Safe, env: int, prefix: str, named: Name, facts: dict[str, Any]) -> tuple[str, bool]:
    """The id that a name gives, and whether the card is kept there; raises IdempotencyMismatch when another is."""
    for turn in count():
        digest = mac(safe.fingerprint_key, "named", env, prefix, *named.words, turn)
        id = ids.derived(prefix, env, bytes.fromhex(digest))
        held = await sql.card_facts(safe.db, env, id)
        if held is None or facts["created"] - held["created"] < named.seconds:
            break
    if held is not None and any(held[name] != facts[name] for name in _SAME
                                if not (held["renewals"] and name.startswith("exp_"))):
        raise IdempotencyMismatch("Keys for idempotent requests can only be used with the same parameters they were "
                                  "first used with. Try using another key if you meant to execute a different request.")
    return id, held is not None


async def _store(safe: Safe, env: int, token: str, number: str, facts: dict[str, Any]) -> str:
    """Seal a number under an id and the key that is active now."""
    for _ in range(_KEEP_TRIES):
        key = await safe.keys.active(env)
        if await sql.card_keep(safe.db, env, token, key.id, key.seal(token, _FIELD, number.encode()), facts):
            log.info("card_kept", env=env, token=token, last4=facts["last4"], brand=facts["brand"])
            return token
        safe.keys.forget()  # another process destroyed this key a moment ago
    raise ApiError("The card could not be stored; try again.")


async def keep_alias(safe: Safe, env: int, account: str, name: str, three_ds: Any,
                     named: Name | None = None, prefix: str = "pm") -> dict[str, Any] | None:
    """A fresh token for the test card that `pm_card_x` or `tok_x` stands for; None for an unknown name.

    It comes with a code, and the cards that exist to fail an address check with an address, as if they were typed.
    `three_ds` maps a number to its enrolment.
    """
    number = test_cards.ALIASES.get(name)
    if number is None:
        return None
    today = safe.clock.now().astimezone(UTC).date()
    cvc = "1234" if numbers.brand(number) is numbers.AMEX else "123"
    typed = check(number, 12, today.year + 8, cvc, today)
    address = {"line1": "1 Test Street", "postal_code": "12345"} if "_avs" in name else {}
    return await keep(safe, env, account, typed, three_ds(number), Extras(billing_details=billing({}, address)),
                      prefix, named)


async def describe(safe: Safe, env: int, token: str) -> dict[str, Any] | None:
    """What may be shown of a card, or None when there is no such token in `env`."""
    found = await sql.card_describe(safe.db, env, token)
    return _shown(found) if found else None


async def renew(safe: Safe, env: int, token: str, month: int | None, year: int | None) -> dict[str, Any] | None:
    """Set the expiry of a kept card, or the half of it that is given; `describe`'s answer, None for an unknown token.

    Raises CardError for an expiry that is none or has passed.
    """
    found = await sql.card_describe(safe.db, env, token)
    if found is None:
        return None
    month = found["exp_month"] if month is None else month
    year = found["exp_year"] if year is None else year
    year += 2000 if 0 <= year < 100 else 0
    check_expiry(month, year, safe.clock.now().astimezone(UTC).date())
    renewed = await sql.card_renew(safe.db, env, token, month, year)
    log.info("card_renewed", env=env, token=token)
    return _shown(renewed) if renewed else None


async def use(safe: Safe, env: int, token: str, purpose: str) -> Opened:
    """The card behind a token, for one use. Raises NotFound, or ApiError when it does not open."""
    row = await sql.card_open(safe.db, env, token)
    if row is None:
        raise NotFound("PaymentMethod", token, "payment_method")
    key_id, sealed, month, year, postal_code, line1 = row
    try:
        key = await safe.keys.get(env, key_id)
        number = key.open(token, _FIELD, base64.b64decode(sealed)).decode()
    except (KeyLost, Damaged) as error:
        log.error("card_unreadable", env=env, token=token, key=key_id, reason=f"{type(error).__name__} {error}")
        raise unreadable() from None
    log.info("card_used", env=env, token=token, purpose=purpose, last4=number[-4:])
    return Opened(number, int(month), int(year), postal_code, line1)


async def reseal(safe: Safe, env: int, *, batch: int = 200) -> int:
    """Move every card of `env` under the active key and destroy the keys that are left empty; cards moved.

    May be stopped and started at any point: what is left to do is what still lies under an old key.
    """
    active, moved = await safe.keys.active(env), 0
    for old in await sql.keys(safe.db, env):
        if old["state"] != "decrypt_only":
            continue
        key = await safe.keys.get(env, old["id"])
        while rows := await sql.cards_under(safe.db, env, key.id, batch):
            for token, sealed in rows:
                number = key.open(token, _FIELD, base64.b64decode(sealed))
                moved += await sql.card_reseal(safe.db, env, token, key.id, active.id,
                                               active.seal(token, _FIELD, number))
        await sql.key_destroy(safe.db, env, key.id)
    return moved


def _facts(safe: Safe, account: str, typed: Typed, three_ds: str, extras: Extras) -> dict[str, Any]:
    known = test_cards.facts(typed.number)
    available = [typed.brand.name] if not known.second_network else [known.second_network, typed.brand.name]
    preferred = extras.preferred_network if extras.preferred_network in available else None
    return {
        "account": account, "created": int(safe.clock.now().timestamp()), "iin": typed.number[:IIN_DIGITS],
        "last4": typed.last4,
        "brand": typed.brand.name, "exp_month": typed.exp_month, "exp_year": typed.exp_year,
        "country": known.country, "funding": known.funding,
        "fingerprint": fingerprints.of(safe.fingerprint_key, account, typed.number),
        "networks": {"available": available, "preferred": preferred}, "three_ds": three_ds,
        "allow_redisplay": extras.allow_redisplay, "billing_details": extras.billing_details,
        "metadata": extras.metadata,
    }


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """The private link's description of a card: its `card` holds what the API shows, plus `three_ds`, `iin`, the first
    digits, which are the bank's, and `renewals`, how often its expiry was set."""
    networks = facts["networks"]
    return {
        "found": True, "created": facts["created"], "billing_details": facts["billing_details"],
        "metadata": facts["metadata"], "allow_redisplay": facts["allow_redisplay"],
        "card": {
            "brand": facts["brand"], "last4": facts["last4"], "exp_month": facts["exp_month"],
            "exp_year": facts["exp_year"], "country": facts["country"], "funding": facts["funding"],
            "fingerprint": facts["fingerprint"], "iin": facts.get("iin"), "networks": networks,
            "renewals": facts.get("renewals", 0),
            "display_brand": numbers.DISPLAY[networks["preferred"] or facts["brand"]], "three_ds": facts["three_ds"],
        },
    }
