"""What a shopper typed beside the card, checked against what the session's page asks; pure.

The fields come flat, as a plain HTML form sends them: `phone`, `shipping_name`, `shipping_line1` …, `custom_KEY`,
`terms_of_service` and `promotions`. Refusals are sentences for the shopper and name the field; `said` is the key of the
same in the shopper's language.
"""

import re
from typing import Any

from backend import addresses, card_numbers, phones
from backend.codes import Code
from backend.errors import InvalidRequest, Said, unknown
from backend.logs import redact

Row = dict[str, Any]
BUYER = ("email", "name", "country", "postal_code", "line1", "line2", "city", "state")
BESIDE = ("payment_method", "seen", "token")
"""What the page sends with the answers: the card, the total that it showed, and where no script is, who asks."""
SHIPPING = ("name", "line1", "line2", "city", "state", "postal_code", "country")
TEXT_MAX = 512
_NEEDED = {"name": "a name", "country": "a country"}
_SAID: dict[str, tuple[str, Code]] = {
    "missing": ("Enter {what}.", "parameter_missing"),
    "unknown": ("Choose {what} of this country.", "parameter_invalid_string"),
    "malformed": ("{what} is not written as in this country.", "parameter_invalid_string")}
_KEYS = {"unknown": "unknown_area", "malformed": "wrong_postal"}
_EMPTY = {"line1": "empty_address", "city": "empty_city", "state": "empty_state", "postal_code": "empty_postal",
          **{f"shipping_{name}": f"empty_shipping_{name}" for name in ("line1", "city", "state", "postal_code")}}
_WHAT = {"line1": "an address", "city": "a town or city", "postal_code": "a postal code"}


def names(asks: Row) -> tuple[str, ...]:
    """The fields that the page of a session has beside the card's."""
    return (*BUYER, *(f"shipping_{name}" for name in SHIPPING if asks.get("shipping_address_collection")),
            *(("phone", "phone_country") if asks_phone(asks) else ()),
            *(f"custom_{field['key']}" for field in asks.get("custom_fields") or ()),
            *(name for name in ("terms_of_service", "promotions") if asks_consent(asks, name)))


def check_names(asks: Row, said: Row) -> None:
    """Refuse what the page does not ask for: an amount, for instance, would be dropped in silence."""
    for name in said.keys() - {*names(asks), *BESIDE}:
        raise unknown(redact(name)[:100])


def asks_phone(asks: Row) -> bool:
    """Whether the page asks for a telephone number."""
    return bool((asks.get("phone_number_collection") or {}).get("enabled"))


def asks_consent(asks: Row, name: str) -> bool:
    """Whether the page has the box of `terms_of_service` or `promotions`."""
    return (asks.get("consent_collection") or {}).get(name) in ("required", "auto")


def check_texts(said: Row) -> None:
    """Refuse what a shopper typed when it holds a card number: only the vault may have those (attack A12)."""
    for name, value in said.items():
        text = str(value or "")
        if len(text) > TEXT_MAX:
            raise InvalidRequest(f"{name} must be at most {TEXT_MAX} characters.", param=name,
                                 code="parameter_invalid_string_length", said=("long_ask", {"of": TEXT_MAX}))
        if "\x00" in text:
            raise InvalidRequest(f"{name} must not contain a null character.", param=name,
                                 code="parameter_invalid_string")
        if name != "phone" and redact(text) != text:
            raise InvalidRequest(f"The value of {name} looks like a card number. Only the card field takes one.",
                                 param=name, code="parameter_invalid_card_number", said=("card_elsewhere", {}))


def collected(asks: Row, said: Row) -> Row:
    """The answers to keep: phone, shipping_details, custom_fields by key, consent. Raises InvalidRequest."""
    def text(name: str) -> str:
        return str(said.get(name) or "").strip()

    return {"shipping_details": _shipping(asks["shipping_address_collection"]["allowed_countries"], text)
            if asks.get("shipping_address_collection") else None,
            "phone": _phone(text("phone"), text("phone_country") or text("shipping_country") or text("country"))
            if asks_phone(asks) else None,
            "custom_fields": {field["key"]: _custom(field, text(f"custom_{field['key']}"))
                              for field in asks.get("custom_fields") or ()},
            "consent": _consent(asks, text)}


def _shipping(countries: list[str], text: Any) -> Row:
    found = {name: text(f"shipping_{name}") for name in SHIPPING}
    for name, what in _NEEDED.items():
        if not found[name]:
            raise InvalidRequest(f"Enter {what} to ship to.", param=f"shipping_{name}", code="parameter_missing",
                                 said=(f"empty_shipping_{name}", {}))
    if found["country"] not in countries:
        raise InvalidRequest("This seller does not ship to that country.", param="shipping_country",
                             code="shipping_address_invalid", said=("not_shipped", {}))
    _check_address(found["country"], found.__getitem__, "shipping_", " to ship to")
    address = {name: addresses.kept(found["country"], name, found[name]) for name in SHIPPING if name != "name"}
    return {"name": found["name"], "address": address}


def require_billing(said: Row) -> None:
    """Refuse a billing address that lacks what its country needs, where the page asks for the whole of it."""
    _check_address(str(said.get("country") or ""), lambda name: str(said.get(name) or "").strip(), "", "")


def billed(said: Row) -> Row:
    """What a shopper said, with the subdivision of the billing address as it is kept."""
    country, state = str(said.get("country") or ""), str(said.get("state") or "").strip()
    return {**said, "state": addresses.kept(country, "state", state)} if state else said


def _check_address(country: str, text: Any, prefix: str, ending: str) -> None:
    """Raise InvalidRequest that names the first field of an address which is not right for its country."""
    wrong = addresses.wrong(country, text)
    if wrong is None:
        return
    name, why = wrong
    rules = addresses.rules(country)
    area = rules.area_label
    what = f"{'an' if area[0] in 'aeio' else 'a'} {area}" if name == "state" else _WHAT[name]
    said, code = _SAID[why]
    text_said = said.format(what=what + (ending if why != "malformed" else ""))
    label = {"state": f"area_{area}", "city": f"city_{rules.city_label}", "postal_code": rules.postal_label}.get(name)
    raise InvalidRequest(text_said[:1].upper() + text_said[1:], param=f"{prefix}{name}", code=code,
                         said=(_KEYS.get(why) or _EMPTY[f"{prefix}{name}"], {"label": label} if label else {}))


def _phone(number: str, country: str) -> str:
    """The number as E.164 writes it; `country` is where it was chosen to be."""
    if not number:
        raise InvalidRequest("Enter a phone number.", param="phone", code="parameter_missing", said=("empty_phone", {}))
    if card_numbers.holds(number):
        raise InvalidRequest("This phone number reads like a card number. Write it with a plus and the country code.",
                             param="phone", code="parameter_invalid_card_number", said=("phone_card", {}))
    kept = phones.e164(number, country)
    if kept is None:
        raise InvalidRequest("Enter a phone number with its area code, and choose its country.", param="phone",
                             code="parameter_invalid_string", said=("phone_wrong", {}))
    return kept


def _custom(field: Row, value: str) -> str | None:
    param = f"custom_{field['key']}"
    if not value and field["optional"]:
        return None
    if not value:
        raise InvalidRequest("This field is needed.", param=param, code="parameter_missing", said=("empty_ask", {}))
    if wrong := wrong_value(field, value):
        text, said = wrong
        raise InvalidRequest(text, param=param, code="parameter_invalid_string", said=said)
    return value


def wrong_value(field: Row, value: str) -> tuple[str, Said] | None:
    """What is wrong with `value` for a custom field, as a sentence for the shopper and its key; None for a good one."""
    own = field[field["type"]]
    if field["type"] == "dropdown":
        fine = value in {one["value"] for one in own["options"]}
        return None if fine else ("Choose one of the options.", ("empty_choice", {}))
    if field["type"] == "numeric" and not re.fullmatch(r"[0-9]+", value):
        return "Use digits only.", ("wrong_ask", {})
    least, most = own["minimum_length"], own["maximum_length"]
    if least is not None and len(value) < least:
        return f"Use at least {least} characters.", ("short_ask", {"of": least})
    if most is not None and len(value) > most:
        return f"Use at most {most} characters.", ("long_ask", {"of": most})
    return None


def _consent(asks: Row, text: Any) -> Row | None:
    if not asks.get("consent_collection"):
        return None
    if asks_consent(asks, "terms_of_service") and not text("terms_of_service"):
        raise InvalidRequest("Agree to the terms to go on.", param="terms_of_service", code="parameter_missing",
                             said=("terms_needed", {}))
    return {"promotions": ("opt_in" if text("promotions") else "opt_out") if asks_consent(asks, "promotions") else None,
            "terms_of_service": "accepted" if asks_consent(asks, "terms_of_service") else None}
