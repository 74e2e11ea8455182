"""The types of parameters: from each come the validation with its messages and the JSON Schema.

A type turns the text of a form into a value or raises InvalidRequest with `param` in bracket form. Unknown names are
refused with a suggestion. Source: reference contract sections 5, 6 and 8.
"""


import decimal
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from rapidfuzz import fuzz, process

from backend import money
from backend.errors import InvalidRequest
from backend.logs import DIGIT_RUN, card_like

INTEGER_MAX = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")
_INDEX = re.compile(r"[0-9]{1,9}\Z")
# A UUID may hold a card's worth of digits by chance, and the official libraries use one as every idempotency key.
_UUID = re.compile(r"(?<![0-9A-Za-z-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z-])")
_YEAR_3000 = 32_503_680_000
_BOUNDS = {"gte": ("gte", 0), "gt": ("gte", 1), "lt": ("lt", 0), "lte": ("lt", 1)}
_CARD_DIGITS_MIN = 13
_CARD_START = re.compile(r"3[0-9]|4|5[0-9]|6|2[2-7]")


class Type(Protocol):
    """A parameter's type; `required` makes its absence an error."""

    @property
    def required(self) -> bool: ...

    def parse(self, value: Any, path: str) -> Any: ...

    def schema(self) -> dict[str, Any]: ...


def _bad(path: str, message: str, code: str) -> InvalidRequest:
    return InvalidRequest(message, code=code, param=path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _bad(path, f"Invalid string: {path} must be a string, not a hash or list.", "parameter_invalid_string")
    return value


def refuse_card_number(value: str, path: str) -> None:
    """Refuse text that holds a card number (Luhn-good, a card's length and first digits); never echoes it."""
    if any(map(_holds_card, DIGIT_RUN.finditer(_UUID.sub("", value)))):
        raise _bad(path, f"The value of {path} looks like a card number. Card numbers may only be sent to the "
                         "vault; see /docs/accept-a-payment.", "parameter_invalid_card_number")


def without_cards(text: str) -> str:
    """`text` with every card number in it hidden: for messages that repeat what was sent (attack A12)."""
    return DIGIT_RUN.sub(lambda match: "[redacted]" if _holds_card(match) else match[0], text)


def _holds_card(match: re.Match[str]) -> bool:
    return any(len(digits) >= _CARD_DIGITS_MIN and _CARD_START.match(digits) and luhn(digits)
               for digits in card_like(match[0]))


def luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812-1 annex B."""
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10 == 0


@dataclass(frozen=True, slots=True)
class Text:
    """Text of at most `max` characters; an empty text is kept as "" (it unsets) unless `required`."""

    max: int = 5000
    required: bool = False
    pattern: str | None = None
    hint: str = ""

    def parse(self, value: Any, path: str) -> str:
        text = _text(value, path)
        if self.required and not text.strip():
            raise _bad(path, f"You passed an empty string for '{path}'. Give it a value or leave it out.",
                       "parameter_invalid_empty")
        if len(text) > self.max:
            raise _bad(path, f"Invalid string: {path} must be at most {self.max} characters.",
                       "parameter_invalid_string_length")
        if "\x00" in text:
            raise _bad(path, f"Invalid string: {path} must not contain a null character.", "parameter_invalid_string")
        if text and self.pattern and not re.fullmatch(self.pattern, text):
            raise _bad(path, f"Invalid {path}: {self.hint}", "parameter_invalid_string")
        refuse_card_number(text, path)
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max} | ({"pattern": self.pattern} if self.pattern else {})


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http(s) address without credentials; `template` allows {CHECKOUT_SESSION_ID}."""

    required: bool = False
    max: int = 5000

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=self.max, required=self.required).parse(value, path)
        if not text:
            return text
        try:
            parts = urlsplit(text)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        except ValueError:
            good = False
        if not good or re.search(r"[\s\\<>\"]", text):
            raise _bad(path, f"Not a valid URL: {path} must be an absolute address that starts with https:// "
                             "(http:// is allowed in test mode).", "url_invalid")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": self.max}


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address of at most 512 characters."""

    required: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=512, required=self.required).parse(value, path)
        if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
            raise _bad(path, f"Invalid email address: {text}", "email_invalid")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 512}


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between `min` and `max`; 1.5, 1e3, +1, true and "" are refused."""

    min: int = 0
    max: int = INTEGER_MAX
    required: bool = False

    def parse(self, value: Any, path: str) -> int:
        if not isinstance(value, str) or not _INTEGER.match(value) or abs(int(value)) > INTEGER_MAX:
            raise _bad(path, f"Invalid integer: {str(value)[:100]}", "parameter_invalid_integer")
        number = int(value)
        if number < self.min:
            raise _bad(path, f"This value must be greater than or equal to {self.min}.", "parameter_invalid_integer")
        if number > self.max:
            raise _bad(path, f"This value must be less than or equal to {self.max}.", "parameter_invalid_integer")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a payment: positive and at most eight digits."""

    required: bool = False

    def parse(self, value: Any, path: str) -> int:
        number = Integer(min=-INTEGER_MAX).parse(value, path)
        if number < 1:
            raise _bad(path, "Invalid positive integer", "parameter_invalid_integer")
        if number > money.AMOUNT_MAX:
            raise _bad(path, f"Amount must be no more than {money.AMOUNT_MAX} in the currency's minor unit.",
                       "amount_too_large")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": money.AMOUNT_MAX}


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code, in either case; the value is lower-case."""

    required: bool = False

    def parse(self, value: Any, path: str) -> str:
        code = _text(value, path).lower()
        if not money.known(code):
            near = process.extractOne(code, money.CURRENCIES, scorer=fuzz.ratio, score_cutoff=60)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise _bad(path, f"Invalid currency: {code[:20]}.{hint} It must be a three-letter ISO 4217 code.",
                       "parameter_invalid_string")
        return code

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": sorted(money.CURRENCIES)}


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    required: bool = False

    def parse(self, value: Any, path: str) -> bool:
        if value not in ("true", "false"):
            raise _bad(path, f"Invalid boolean: {str(value)[:100]}", "parameter_invalid_boolean")
        return bool(value == "true")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`; with `unset` an empty text is allowed too."""

    values: tuple[str, ...]
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = _text(value, path)
        if text in self.values or (self.unset and text == ""):
            return text
        near = process.extractOne(text, self.values, scorer=fuzz.ratio, score_cutoff=60)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise _bad(path, f"Invalid {path}: must be one of {', '.join(self.values)}.{hint}", "parameter_invalid_enum")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [*self.values, *([""] if self.unset else [])]}


@dataclass(frozen=True, slots=True)
class Metadata:
    """At most 50 keys of at most 40 characters with values of at most 500; an empty text unsets."""

    required: bool = False

    def parse(self, value: Any, path: str) -> Any:
        if value == "":
            return ""
        if not isinstance(value, dict):
            raise _bad(path, f"Invalid hash: {path} must be a hash of keys and values.", "parameter_invalid_hash")
        if len(value) > 50:
            raise _bad(path, "Metadata can have at most 50 keys.", "parameter_invalid_hash")
        for key, text in value.items():
            if len(key) > 40:
                raise _bad(f"{path}[{key[:40]}]", "Metadata keys can be at most 40 characters.",
                           "parameter_invalid_string_length")
            Text().parse(key, path)
            Text(max=500).parse(text, f"{path}[{key}]")
        return value

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "object", "maxProperties": 50, "additionalProperties": {
            "type": "string", "maxLength": 500}, "propertyNames": {"maxLength": 40}}, {"const": ""}]}


@dataclass(frozen=True, slots=True)
class Hash:
    """Named fields, each with a type; unknown fields are refused."""

    fields: Mapping[str, Type]
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Any:
        if value == "" and self.unset:
            return ""
        if not isinstance(value, dict):
            raise _bad(path, f"Invalid hash: {path} must be a hash, such as {path}[{next(iter(self.fields))}]=….",
                       "parameter_invalid_hash")
        return parse(value, self.fields, path)

    def schema(self) -> dict[str, Any]:
        hash = schema_of(self.fields)
        return {"anyOf": [hash, {"const": ""}]} if self.unset else hash


@dataclass(frozen=True, slots=True)
class Array:
    """A list whose entries all have one type."""

    item: Type
    max: int = 100
    required: bool = False

    def parse(self, value: Any, path: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, dict) or not all(_INDEX.match(key) for key in value):
            raise _bad(path, f"Invalid array: {path} must be a list, such as {path}[0]=….", "parameter_invalid_array")
        if len(value) > self.max:
            raise _bad(path, f"{path} can have at most {self.max} entries.", "parameter_invalid_array")
        ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
        return [self.item.parse(entry, f"{path}[{index}]") for index, (_, entry) in enumerate(ordered)]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.max}


@dataclass(frozen=True, slots=True)
class Either:
    """A plain value or a hash, as `created=1700000000` and `created[gte]=1700000000`."""

    plain: Type
    hash: Type
    required: bool = False

    def parse(self, value: Any, path: str) -> Any:
        return (self.hash if isinstance(value, dict) else self.plain).parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.plain.schema(), self.hash.schema()]}


@dataclass(frozen=True, slots=True)
class Range:
    """Whole seconds as `created=1700000000` or `created[gte]=…`; the value is the half-open {gte, lt} as moments."""

    required: bool = False

    def parse(self, value: Any, path: str) -> dict[str, datetime]:
        seconds = Integer(max=_YEAR_3000)
        given = parse(value, dict.fromkeys(_BOUNDS, seconds), path) if isinstance(value, dict) else \
            dict.fromkeys(("gte", "lte"), seconds.parse(value, path))
        ends: dict[str, list[int]] = {"gte": [], "lt": []}
        for name, second in given.items():
            end, shift = _BOUNDS[name]
            ends[end].append(second + shift)
        moments = {"gte": max(ends["gte"], default=None), "lt": min(ends["lt"], default=None)}
        return {end: datetime.fromtimestamp(second, UTC) for end, second in moments.items() if second is not None}

    def schema(self) -> dict[str, Any]:
        whole = {"type": "integer", "minimum": 0, "maximum": _YEAR_3000}
        return {"anyOf": [whole, {"type": "object", "additionalProperties": False,
                                  "properties": dict.fromkeys(_BOUNDS, whole)}]}


@dataclass(frozen=True, slots=True)
class Raw:
    """Kept as it came; used where the handler gives a better answer than a type can."""

    required: bool = False

    def parse(self, value: Any, path: str) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal number as text, such as 12.5 or 0.005, with at most `places` digits after the point."""

    min: str = "0"
    max: str = "999999999999"
    places: int = 12
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = _text(value, path)
        if self.unset and text == "":
            return text
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
            raise _bad(path, f"Invalid decimal: {text[:100]}", "parameter_invalid_decimal")
        number = decimal.Decimal(text)
        if not decimal.Decimal(self.min) <= number <= decimal.Decimal(self.max):
            raise _bad(path, f"Invalid decimal: {path} must be between {self.min} and {self.max}.",
                       "parameter_invalid_decimal")
        if len(text.partition(".")[2].rstrip("0")) > self.places:
            raise _bad(path, f"Invalid decimal: {path} can have at most {self.places} decimal places.",
                       "parameter_invalid_decimal")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "decimal", "x-minimum": self.min, "x-maximum": self.max}


@dataclass(frozen=True, slots=True)
class Map:
    """A hash whose names are data, such as currencies, all of one type; `key` checks the names."""

    item: Type
    key: Type | None = None
    max: int = 100
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> Any:
        if value == "" and self.unset:
            return ""
        if not isinstance(value, dict):
            raise _bad(path, f"Invalid hash: {path} must be a hash, such as {path}[name]=….", "parameter_invalid_hash")
        if len(value) > self.max:
            raise _bad(path, f"{path} can have at most {self.max} entries.", "parameter_invalid_hash")
        return {self.key.parse(name, f"{path}[{name[:40]}]") if self.key else name:
                self.item.parse(one, f"{path}[{name[:40]}]") for name, one in value.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema(), "maxProperties": self.max}


@dataclass(frozen=True, slots=True)
class Unset:
    """Another type, or an empty text that clears the value."""

    type: Type
    required: bool = False

    def parse(self, value: Any, path: str) -> Any:
        return "" if value == "" else self.type.parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.type.schema(), {"const": ""}]}


def parse(tree: dict[str, Any], fields: Mapping[str, Type], path: str) -> dict[str, Any]:
    """The values of `tree`, each by its type; raises InvalidRequest for the first that is unknown, missing or bad."""
    values: dict[str, Any] = {}
    for name, value in tree.items():
        here = f"{path}[{name}]" if path else name
        kind = fields.get(name)
        if kind is None:
            raise _unknown(here, name, fields)
        values[name] = kind.parse(value, here)
    for name, kind in fields.items():
        if kind.required and name not in values:
            here = f"{path}[{name}]" if path else name
            raise _bad(here, f"Missing required param: {here}.", "parameter_missing")
    return values


def _unknown(here: str, name: str, fields: Mapping[str, Type]) -> InvalidRequest:
    near = process.extractOne(name, list(fields), scorer=fuzz.ratio, score_cutoff=60)
    hint = f" Did you mean {here.removesuffix(name + ']') + near[0] + ']' if here.endswith(']') else near[0]}?" \
        if near else ""
    refuse_card_number(name[:1000], "(parameter name)")
    return _bad(here[:200], f"Received unknown parameter: {here[:200]}.{hint}", "parameter_unknown")


def schema_of(fields: Mapping[str, Type]) -> dict[str, Any]:
    """The JSON Schema of a hash with these fields."""
    required = [name for name, kind in fields.items() if kind.required]
    return {"type": "object", "properties": {name: kind.schema() for name, kind in fields.items()},
            "additionalProperties": False, **({"required": required} if required else {})}
