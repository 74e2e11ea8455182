"""/v1/prices"""

from dataclasses import replace

from api.plain import routes
from backend import money
from backend.catalog import prices
from backend.catalog.documents import TIERS_MAX
from backend.fields.structures import Array, Hash, Map, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Currency, Decimal, Descriptor, Id, Integer, OwnId, Text, Type

MINOR = Integer(max=money.AMOUNT_MAX_ANY)
EXACT = Decimal(max=str(money.AMOUNT_MAX_ANY), places=12)
BEHAVIOR = Choice(("exclusive", "inclusive", "unspecified"))
_ID = OwnId(max=100)
_TIER = Hash({"flat_amount": MINOR, "flat_amount_decimal": EXACT, "unit_amount": MINOR, "unit_amount_decimal": EXACT,
              "up_to": Text(max=9, required=True, pattern="inf|[1-9][0-9]*", hint="a whole number above 0, or inf")})
_AMOUNTS: dict[str, Type] = {
    "custom_unit_amount": Hash({"enabled": Boolean(required=True), "maximum": MINOR, "minimum": MINOR,
                                "preset": MINOR}),
    "tax_behavior": BEHAVIOR, "unit_amount": MINOR, "unit_amount_decimal": EXACT,
}
_OPTIONS = Map(Hash({**_AMOUNTS, "tiers": Array(_TIER, max=TIERS_MAX)}), key=Currency())
_RECURRING: dict[str, Type] = {"interval": Choice(("day", "month", "week", "year"), required=True),
                               "interval_count": Integer(min=1, max=1095)}
_ONE_AMOUNT: dict[str, Type] = {**_AMOUNTS, "currency": Currency(required=True), "currency_options": _OPTIONS}
FIRST_PRICE = Hash({**_ONE_AMOUNT, "metadata": Metadata(), "recurring": Hash(_RECURRING)})
"""A product's `default_price_data`."""
_PRODUCT = Hash({
    "active": Boolean(), "id": _ID, "metadata": Metadata(), "name": Text(max=5000, required=True),
    "statement_descriptor": Descriptor(), "unit_label": Text(max=12)})
CREATE = Table({
    **_ONE_AMOUNT, "active": Boolean(), "billing_scheme": Choice(("per_unit", "tiered")),
    "lookup_key": Text(max=200), "metadata": Metadata(), "nickname": Text(max=5000, unset=True),
    "product": Id("product"),
    "product_data": _PRODUCT,
    "recurring": Hash({**_RECURRING, "trial_period_days": Integer(min=1, max=730),
                       "usage_type": Choice(("licensed", "metered"))}),
    "tiers": Array(_TIER, max=TIERS_MAX), "tiers_mode": Choice(("graduated", "volume")),
    "transfer_lookup_key": Boolean(),
    "transform_quantity": Hash({"divide_by": Integer(min=1, max=1_000_000, required=True),
                                "round": Choice(("down", "up"), required=True)}),
}, one_of=(("product", "product_data"),))
UPDATE = Table({"active": Boolean(), "currency_options": replace(_OPTIONS, unset=True),
                "lookup_key": Text(max=200, unset=True),
                "metadata": Metadata(), "nickname": Text(max=5000, unset=True), "tax_behavior": BEHAVIOR,
                "transfer_lookup_key": Boolean()})
FIND = Table({
    **PAGE, "active": Boolean(), "created": Range(), "currency": Currency(),
    "lookup_keys": Array(Text(max=200), max=10), "product": Id("product"), "type": Choice(("one_time", "recurring")),
    "recurring": Hash({"interval": Choice(("day", "month", "week", "year")),
                       "usage_type": Choice(("licensed", "metered"))})})
ROUTES = routes("/v1/prices", prices, "price", create=CREATE, update=UPDATE, find=FIND, search=True)
