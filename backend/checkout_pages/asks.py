"""What the page of a checkout session asks beside the card: the parameters that say so, checked together.

Sessions and payment links keep the same document, under the names of the parameters. Each single value has been checked
by the API's table of parameters. Limits: reference contract section 12.
"""

import re
from typing import Any

from backend.catalog import shipping_rates
from backend.catalog.tables import SHIPPING_RATE
from backend.checkout_pages.answers import wrong_value
from backend.checkout_pages.shapes import KINDS
from backend.context import Context
from backend.db import Connection
from backend.errors import InvalidRequest, missing
from backend.resources import resources

Row = dict[str, Any]
NAMES = ("allow_promotion_codes", "consent_collection", "custom_fields", "custom_text", "phone_number_collection",
         "shipping_address_collection", "shipping_options")
_KEY = re.compile(r"[A-Za-z0-9_]+")
_LENGTHS = ("minimum_length", "maximum_length")


async def taken(ctx: Context, tx: Connection, params: Row, currency: str) -> Row:
    """The document of `asks` for new parameters; makes the shipping rates that are given as data.

    Raises InvalidRequest, which names the parameter, and NotFound for a shipping rate.
    """
    if params.get("allow_promotion_codes") and params.get("discounts"):
        raise InvalidRequest("You may only specify one of these parameters: allow_promotion_codes, discounts.",
                             code="parameters_exclusive", param="discounts")
    found = {name: params[name] for name in NAMES if params.get(name)}
    if "custom_text" in found:
        found["custom_text"] = {name: one for name, one in found["custom_text"].items() if one}
    if "custom_fields" in found:
        found["custom_fields"] = _fields(found["custom_fields"])
    if "shipping_options" in found:
        found["shipping_options"] = [await _option(ctx, tx, one, currency, f"shipping_options[{index}]")
                                     for index, one in enumerate(found["shipping_options"])]
    return found


def _fields(given: list[Row]) -> list[Row]:
    made = [_field(one, f"custom_fields[{index}]") for index, one in enumerate(given)]
    keys = [one["key"] for one in made]
    twice = next((index for index, key in enumerate(keys) if key in keys[:index]), None)
    if twice is not None:
        raise InvalidRequest(f"Two custom fields have the key '{keys[twice]}'; each key is used once.",
                             param=f"custom_fields[{twice}][key]")
    return made


def _field(given: Row, here: str) -> Row:
    kind = given["type"]
    if not _KEY.fullmatch(given["key"]):
        raise InvalidRequest("A custom field's key has letters, digits and _ only.", param=f"{here}[key]")
    if other := next((name for name in KINDS if name != kind and name in given), None):
        raise InvalidRequest(f"This custom field has the type {kind}, so leave out {other}.",
                             param=f"{here}[{other}]", code="parameter_invalid_combination")
    own = dict(given.get(kind) or {})
    if kind == "dropdown":
        _check_options(own.get("options") or [], f"{here}[dropdown][options]")
    least, most = own.get("minimum_length"), own.get("maximum_length")
    if least is not None and most is not None and least > most:
        raise InvalidRequest("minimum_length must not be above maximum_length.",
                             param=f"{here}[{kind}][minimum_length]")
    field = {"key": given["key"], "label": given["label"], "optional": given.get("optional") or False, "type": kind,
             kind: {**{name: own.get(name) for name in ("default_value", *_LENGTHS)}, "value": None}
             if kind != "dropdown" else {"default_value": own.get("default_value"), "options": own["options"],
                                         "value": None}}
    if (default := own.get("default_value")) and (wrong := wrong_value(field, default)):
        raise InvalidRequest(f"The default value of this custom field is refused by its own rules: {wrong[0]}",
                             param=f"{here}[{kind}][default_value]")
    return field


def _check_options(options: list[Row], here: str) -> None:
    values = [one["value"] for one in options]
    if not options:
        raise missing(here, "A dropdown has at least one option.")
    if len(set(values)) != len(values):
        raise InvalidRequest("Two options of this dropdown have the same value.", param=here)


async def _option(ctx: Context, tx: Connection, given: Row, currency: str, here: str) -> Row:
    """One way of shipping: its rate and what it costs in the session's currency."""
    data = given.get("shipping_rate_data")
    if (data is None) == ("shipping_rate" not in given):
        raise InvalidRequest("A shipping option has exactly one of shipping_rate and shipping_rate_data.",
                             code="parameter_missing" if data is None else "parameters_exclusive",
                             param=f"{here}[shipping_rate]")
    param = f"{here}[{'shipping_rate' if data is None else 'shipping_rate_data'}]"
    id = given["shipping_rate"] if data is None else \
        (await shipping_rates.create(ctx, tx, data, within=param))["id"]
    rate = await resources.read(ctx, tx, SHIPPING_RATE, id, param)
    if not rate["active"]:
        raise InvalidRequest(f"The shipping rate '{id}' is archived. Make it active, or choose another.", param=param)
    return {"shipping_rate": id, "shipping_amount": _cost(rate, currency, param)}


def _cost(rate: Row, currency: str, param: str) -> int:
    fixed = rate["fixed_amount"]
    if fixed["currency"] == currency:
        return int(fixed["amount"])
    option = (fixed.get("currency_options") or {}).get(currency)
    if option is None:
        raise InvalidRequest(f"The shipping rate '{rate['id']}' has no amount in {currency}, the currency of the "
                             "order.", param=param)
    return int(option["amount"])
