"""The plain types of parameters: from each come the validation with its messages and the JSON Schema.

A type turns the text of a form into a value or raises InvalidRequest with `param` in bracket form. Types that hold
others stand in structures.py. Source: reference contract sections 5, 6 and 8.
"""

import decimal
import re
from dataclasses import dataclass
from typing import Any, Protocol

from rapidfuzz import fuzz, process

from backend import card_numbers, money
from backend.codes import Code
from backend.errors import InvalidRequest
from backend.fields import urls
from backend.fields.card_numbers import refuse_card_number

INTEGER_MAX = 2**63 - 1
NEAR_MAX = 100
"""Characters of a wrong word that are compared with the right ones."""
ID_MAX = 255
"""Of ids of a merchant's choosing, and so of whatever may name one."""
_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")


class Type(Protocol):
    """A parameter's type; `required` makes its absence an error, `unset` lets an empty text clear its value."""

    @property
    def required(self) -> bool: ...

    @property
    def unset(self) -> bool: ...

    def parse(self, value: Any, path: str) -> Any: ...

    def schema(self) -> dict[str, Any]: ...


SENT = "{sent}"
"""Where the sentence of an error repeats what was sent."""


class BadValue(InvalidRequest):
    """A value that its type refuses; `silent` is the sentence that does not repeat it."""

    def __init__(self, path: str, message: str, code: Code, sent: str) -> None:
        super().__init__(message.replace(SENT, sent), code=code, param=path)
        self.silent = message.replace(SENT, card_numbers.HIDDEN)


def bad(path: str, message: str, code: Code, sent: str = "") -> BadValue:
    """The error of a parameter. Where `message` is to repeat what was sent it has SENT in that place."""
    return BadValue(path, message, code, sent)


def value_of(kind: Type, value: Any, path: str) -> Any:
    """The value of one parameter; empty is only what can be unset."""
    if value == "" and not kind.unset:
        raise bad(path, f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
                        f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request "
                        "or supply a non-empty value.", "parameter_invalid_empty")
    return kind.parse(value, path)


def text_of(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise bad(path, f"Invalid string: {path} must be a string, not a hash or list.", "parameter_invalid_string")
    return value


@dataclass(frozen=True, slots=True)
class Text:
    """Text of at most `max` characters, not blank; with `unset` an empty text is kept as "" and clears the value."""

    max: int = 5000
    required: bool = False
    unset: bool = False
    pattern: str | None = None
    hint: str = ""

    def parse(self, value: Any, path: str) -> str:
        text = self.bounded(value, path)
        refuse_card_number(text, path)
        return text

    def bounded(self, value: Any, path: str) -> str:
        """The text, which may still have a card number in it."""
        text = text_of(value, path)
        if not self.unset and not text.strip():
            raise bad(path, f"You passed a blank string for '{path}'. Give it a value or leave it out.",
                       "parameter_invalid_empty")
        if len(text) > self.max:
            raise bad(path, f"Invalid string: {path} must be at most {self.max} characters.",
                       "parameter_invalid_string_length")
        if "\x00" in text:
            raise bad(path, f"Invalid string: {path} must not contain a null character.", "parameter_invalid_string")
        if text and self.pattern and not re.fullmatch(self.pattern, text):
            raise bad(path, f"Invalid {path}: {self.hint}", "parameter_invalid_string")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max} | ({"pattern": self.pattern} if self.pattern else {})


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Words for a bank statement; what is outside ASCII is stripped, as documented."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=5000, unset=self.unset).parse(value, path)
        kept = text.encode("ascii", "ignore").decode().strip()
        hint = "at most 22 characters, with at least one letter and none of < > \\ ' \" *"
        if text and not re.search("[A-Za-z]", kept):
            raise bad(path, f"Invalid {path}: {hint}", "parameter_invalid_string")
        return Text(max=22, unset=self.unset, pattern=r"[^<>\\'\"*]*", hint=hint).parse(kept, path)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 22, "pattern": r"[^<>\\'\"*]*"}


@dataclass(frozen=True, slots=True)
class Id:
    """The id of another object, of the kind `noun`."""

    noun: str
    required: bool = False
    unset: bool = False
    max: int = ID_MAX

    def parse(self, value: Any, path: str) -> str:
        return Text(max=self.max, unset=self.unset).parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max}


@dataclass(frozen=True, slots=True)
class OwnId:
    """An id of the merchant's choosing: anything that can be read and stand in an address."""

    max: int
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=self.max).parse(value, path)
        if not text.isprintable() or text != text.strip() or text in (".", "..", "search"):
            raise bad(path, f"Invalid {path}: an id can have any characters that can be seen, with blanks only between "
                            "them, and it cannot be one of: . .. search", "parameter_invalid_string")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.max}


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http(s) address without credentials; `template` allows {CHECKOUT_SESSION_ID}."""

    required: bool = False
    unset: bool = False
    max: int = 5000
    schemes: tuple[str, ...] = ("https", "http")

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=self.max, unset=self.unset).parse(value, path)
        if not text:
            return text
        if not urls.reachable(text, self.schemes):
            raise bad(path, f"Not a valid URL: {path} must be an absolute address that starts with https:// (http:// "
                            "is allowed in test mode), with a host that can exist, a port up to 65535, no user name "
                            "and no blanks.", "url_invalid")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri", "maxLength": self.max}


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address of at most 512 characters."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = Text(max=512, unset=self.unset).parse(value, path)
        if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
            raise bad(path, f"Invalid email address: {SENT}", "email_invalid", text)
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "email", "maxLength": 512}


@dataclass(frozen=True, slots=True)
class ReceiptEmail(Email):
    """Where a receipt goes to: a promise, so with real money it is refused while there is no mail server (`nobody`)."""

    nobody: bool = False

    def parse(self, value: Any, path: str) -> str:
        if self.nobody and value:
            raise bad(path, f"{path} cannot be given in live mode: no receipts are sent by e-mail here, for no mail "
                            "server is set (SMTP_HOST). Leave it out and send the receipt yourself when "
                            "payment_intent.succeeded arrives.",
                      "parameter_unknown")
        return Email.parse(self, value, path)


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between `min` and `max`; 1.5, 1e3, +1, true and "" are refused."""

    min: int = 0
    max: int = INTEGER_MAX
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> int:
        if not isinstance(value, str) or not _INTEGER.match(value) or abs(int(value)) > INTEGER_MAX:
            raise bad(path, f"Invalid integer: {SENT}", "parameter_invalid_integer", str(value)[:100])
        number = int(value)
        if number < self.min:
            raise bad(path, f"This value must be greater than or equal to {self.min}.", "parameter_invalid_integer")
        if number > self.max:
            raise bad(path, f"This value must be less than or equal to {self.max}.", "parameter_invalid_integer")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Moment(Integer):
    """Unix seconds, or `auto` for the moment that the verb chooses; with `unset` an empty text is allowed too."""

    max: int = 32_503_680_000
    """The year 3000."""

    def parse(self, value: Any, path: str) -> Any:
        return value if value == "auto" or (self.unset and value == "") else Integer.parse(self, value, path)

    def schema(self) -> dict[str, Any]:
        words = ["auto", ""] if self.unset else ["auto"]
        return {"anyOf": [Integer.schema(self), {"type": "string", "enum": words}]}


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a payment: positive and at most twelve digits; how many its currency takes, the verb says."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> int:
        number = Integer(min=-INTEGER_MAX).parse(value, path)
        if number < 1:
            raise bad(path, "Invalid positive integer", "parameter_invalid_integer")
        if number > money.AMOUNT_MAX_ANY:
            raise bad(path, f"Amount must be no more than {money.AMOUNT_MAX_ANY} in the currency's minor unit.",
                       "amount_too_large")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": money.AMOUNT_MAX_ANY}


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code, in either case; the value is lower-case."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        code = text_of(value, path).lower()
        if not money.known(code):
            near = process.extractOne(code[:NEAR_MAX], money.CURRENCIES, scorer=fuzz.ratio, score_cutoff=60)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise bad(path, f"Invalid currency: {SENT}.{hint} It must be a three-letter ISO 4217 code.",
                      "parameter_invalid_string", code[:20])
        return code

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": sorted(money.CURRENCIES)}


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false` in any case: Python clients before 12 and old .NET clients write `True`."""

    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> bool:
        word = value.lower() if isinstance(value, str) else value
        if word not in ("true", "false"):
            raise bad(path, f"Invalid boolean: {SENT}", "parameter_invalid_boolean", str(value)[:100])
        return bool(word == "true")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`; with `unset` an empty text is allowed too."""

    values: tuple[str, ...]
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = text_of(value, path)
        if text in self.values or (self.unset and text == ""):
            return text
        near = process.extractOne(text[:NEAR_MAX], self.values, scorer=fuzz.ratio, score_cutoff=60)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise bad(path, f"Invalid {path}: must be one of {', '.join(self.values)}.{hint}", "parameter_invalid_enum")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [*self.values, *([""] if self.unset else [])]}


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal number as text, such as 12.5 or 0.005, with at most `places` digits after the point."""

    min: str = "0"
    max: str = "999999999999"
    places: int = 12
    required: bool = False
    unset: bool = False

    def parse(self, value: Any, path: str) -> str:
        text = text_of(value, path)
        if self.unset and text == "":
            return text
        if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
            raise bad(path, f"Invalid decimal: {SENT}", "parameter_invalid_decimal", text[:100])
        number = decimal.Decimal(text)
        if not decimal.Decimal(self.min) <= number <= decimal.Decimal(self.max):
            raise bad(path, f"Invalid decimal: {path} must be between {self.min} and {self.max}.",
                       "parameter_invalid_decimal")
        if len(text.partition(".")[2].rstrip("0")) > self.places:
            raise bad(path, f"Invalid decimal: {path} can have at most {self.places} decimal places.",
                       "parameter_invalid_decimal")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "decimal", "x-minimum": self.min, "x-maximum": self.max}
