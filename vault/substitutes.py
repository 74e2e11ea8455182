"""Card numbers in requests to the API: taken out at the places where the API knows them, a token put there instead.

What is left is searched as the API searches it, so that no request that goes on holds a number (attack A12). Pure but
for `keep`, which is handed in.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from backend import card_numbers, twins
from backend.errors import InvalidRequest, unknown
from backend.fields.forms import FORM, JSON, PAIRS_MAX

Card = dict[str, str]
"""number, exp_month, exp_year, cvc and the like, as they were sent; `networks][preferred` is one name."""
Named = list[tuple[str, str]]
"""Parameters by their names in bracket form."""
_ACCOUNTS = re.compile(r"(?:payment_method_data\[(?:us_bank_account|sepa_debit)\]|us_bank_account|sepa_debit)"
                       r"\[(?:account_number|routing_number|iban)\]")
"""Where the API takes numbers of accounts, which are no card numbers though some look like one: it hands them to the
vault. Under such a name elsewhere, in metadata for instance, a number is searched as any other."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call takes a card: the route's template, the parameter, and whether the card is a hash with `token`
    there, or stands for a token as plain text."""

    template: str
    name: tuple[str, ...]
    plain: bool = False
    publishable: bool = False

    def fits(self, path: str) -> bool:
        return bool(re.fullmatch(re.sub(r"\\\{id\\\}", "[^/]+", re.escape(self.template)), path.rstrip("/")))

    @property
    def bracketed(self) -> str:
        return self.name[0] + "".join(f"[{name}]" for name in self.name[1:])


Keep = Callable[[Card, Place], Awaitable[str]]
"""Stores the card that stood at a place and returns its token."""
_DATA = ("payment_method_data", "card")
PLACES = (
    *(Place(f"/v1/{name}{rest}", _DATA, publishable=rest == "/{id}/confirm")
      for name in ("payment_intents", "setup_intents") for rest in ("", "/{id}", "/{id}/confirm")),
    Place("/v1/confirmation_tokens", _DATA, publishable=True),
    Place("/v1/test_helpers/confirmation_tokens", _DATA),
    *(Place(f"/v1/{path}", (name,), plain=True)
      for path in ("charges", "customers", "customers/{id}", "customers/{id}/sources", "customers/{id}/cards")
      for name in ("source", "card")),
)
_TAKEN = ("number", "exp_month", "exp_year", "cvc", "networks][preferred")
"""What goes into the vault with a number; everything else in a hash goes on to the API."""
_ADDRESS = ("address_city", "address_country", "address_line1", "address_line2", "address_state", "address_zip")
_KNOWN = frozenset((*_TAKEN, "object", "name", *_ADDRESS))
"""What stands beside a number where a token takes the place of all of it."""


def places(path: str) -> list[Place]:
    """The places at which a call takes a card."""
    return [place for place in PLACES if place.fits(path)]


async def replaced(body: bytes, kind: str, found: list[Place], keep: Keep) -> tuple[bytes, Named]:
    """The body without the cards at these places, the same bytes when there were none, and what is left in it, to be
    searched. Raises what `keep` raises."""
    if kind in (FORM, JSON, ""):
        with suppress(ValueError, RecursionError):
            return await (_json if kind == JSON else _form)(body, found, keep)
    text = body.decode("utf-8", "replace")  # what cannot be read, the API says better; it shall see no number either
    return body, [("", text), ("", unquote_plus(text))]


def search(named: Named) -> None:
    """Raise InvalidRequest for a card number among names and values."""
    for name, value in named:
        if card_numbers.holds(name):
            raise _refused("The name of a parameter")
        if not _ACCOUNTS.fullmatch(name) and card_numbers.holds(value, name):
            raise _refused(f"The value of {name[:100]}" if name else "The request", name[:100] or None)


async def _form(body: bytes, found: list[Place], keep: Keep) -> tuple[bytes, Named]:
    pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=PAIRS_MAX, errors="strict")
    changed = False
    for place in found:
        start = place.bracketed + "["
        inner = [(_within(name, start), value) for name, value in pairs if name.startswith(start)]
        if "number" not in dict(inner):
            continue
        taken = {name: value for name, value in inner if place.plain or name in _TAKEN}
        if len(taken) < sum(name in taken for name, _ in inner):
            raise InvalidRequest(f"A parameter of {place.bracketed} was given more than once.", param=place.bracketed)
        _check(dict(inner), place)
        token = await keep(taken, place)
        pairs = [pair for pair in pairs if not (pair[0].startswith(start) and _within(pair[0], start) in taken)]
        pairs.append((place.bracketed if place.plain else f"{start}token]", token))
        changed = True
    return urlencode(pairs).encode() if changed else body, pairs


async def _json(body: bytes, found: list[Place], keep: Keep) -> tuple[bytes, Named]:
    tree = json.loads(body, object_pairs_hook=twins.once) if body else {}
    changed = False
    for place in found:
        above = _at(tree, place.name[:-1])
        card = above.get(place.name[-1]) if isinstance(above, dict) else None
        if not isinstance(above, dict) or not isinstance(card, dict) or "number" not in card:
            continue
        flat = dict(leaves(card))
        _check(flat, place)
        taken = {name: value for name, value in flat.items() if place.plain or name in _TAKEN}
        token = await keep(taken, place)
        rest = {name: value for name, value in card.items() if name not in ("number", "exp_month", "exp_year", "cvc",
                                                                            "networks")}
        above[place.name[-1]] = token if place.plain else {**rest, "token": token}
        changed = True
    return json.dumps(tree, separators=(",", ":")).encode() if changed else body, named(tree)


def _within(name: str, start: str) -> str:
    """`b][c` for the name `a[b][c]` and its start `a[`. Raises InvalidRequest for a name that does not end as it
    must: nobody would know what stands under it."""
    if not name.endswith("]"):
        raise _unknown(name)
    return name[len(start):-1]


def _check(card: Card, place: Place) -> None:
    """Raise InvalidRequest for what cannot stand beside a number, so that nothing is dropped in silence."""
    if "token" in card:
        raise InvalidRequest(f"Give {place.bracketed} either a number or a token, not both.", param=place.bracketed)
    for name in card if place.plain else ():
        if name not in _KNOWN:
            raise _unknown(f"{place.bracketed}[{name}]")
    if place.plain and card.get("object", "card") != "card":
        raise InvalidRequest(f"Invalid {place.bracketed}[object]: must be card", param=f"{place.bracketed}[object]")


def _unknown(name: str) -> InvalidRequest:
    return unknown(card_numbers.hide(name[:200]))


def _at(tree: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every plain value of a JSON document as text; `a][b][c` is the name of one in the hash b of the hash a."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(one, f"{name}][{key}" if name else str(key))
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)


def named(tree: Any) -> Named:
    """The parameters of a JSON body."""
    return [(_bracketed(name), value) for name, value in leaves(tree)]


def _bracketed(name: str) -> str:
    """`a[b][c]` for the name `a][b][c`."""
    first, deeper, rest = name.partition("][")
    return f"{first}[{rest}]" if deeper else first


def _refused(what: str, param: str | None = None) -> InvalidRequest:
    return InvalidRequest(f"{what} looks like a card number. Card numbers are taken as card[number] and "
                          "payment_method_data[card][number] only; see /docs/card-numbers-from-your-server.",
                          code="parameter_invalid_card_number", param=param)
