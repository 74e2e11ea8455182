"""/v1/shipping_rates"""

from api.plain import routes
from backend import money
from backend.catalog import shipping_rates
from backend.fields.structures import Hash, Map, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Currency, Integer, Text, Type

_AMOUNT = Integer(max=money.AMOUNT_MAX_ANY, required=True)
_BEHAVIOR = Choice(("exclusive", "inclusive", "unspecified"))
_OPTIONS = Map(Hash({"amount": _AMOUNT, "tax_behavior": _BEHAVIOR}), key=Currency())
_TIME = Hash({"unit": Choice(("business_day", "day", "hour", "month", "week"), required=True),
              "value": Integer(min=1, max=1000, required=True)})
FIELDS: dict[str, Type] = {
    "display_name": Text(max=100, required=True),
    "delivery_estimate": Hash({"maximum": _TIME, "minimum": _TIME}),
    "fixed_amount": Hash({"amount": _AMOUNT, "currency": Currency(required=True), "currency_options": _OPTIONS}),
    "metadata": Metadata(), "tax_behavior": _BEHAVIOR, "type": Choice(("fixed_amount",)),
}
CREATE = Table(FIELDS)
UPDATE = Table({"active": Boolean(), "metadata": Metadata(), "tax_behavior": _BEHAVIOR,
                "fixed_amount": Hash({"currency_options": Map(Hash({"amount": _AMOUNT, "tax_behavior": _BEHAVIOR}),
                                                              key=Currency(), required=True)})})
FIND = Table({**PAGE, "active": Boolean(), "created": Range(), "currency": Currency()})
ROUTES = routes("/v1/shipping_rates", shipping_rates, "shipping_rate", create=CREATE, update=UPDATE, find=FIND)
