"""/v1/coupons"""

from api.plain import routes
from backend.catalog import coupons
from backend.fields.structures import Array, Hash, Map, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Amount, Choice, Currency, Decimal, Id, Integer, OwnId, Text

_OFF = Amount(required=True)
_OPTIONS = Map(Hash({"amount_off": _OFF}), key=Currency())
CREATE = Table({
    "amount_off": Amount(), "applies_to": Hash({"products": Array(Id("product"))}), "currency": Currency(),
    "currency_options": _OPTIONS, "duration": Choice(("forever", "once", "repeating")),
    "duration_in_months": Integer(min=1, max=120),
    "id": OwnId(max=200),
    "max_redemptions": Integer(min=1), "metadata": Metadata(), "name": Text(max=40, unset=True),
    "percent_off": Decimal(min="0.0001", max="100", places=4), "redeem_by": Integer(max=32_503_680_000),
}, one_of=(("amount_off", "percent_off"),))
UPDATE = Table({"currency_options": _OPTIONS, "metadata": Metadata(), "name": Text(max=40, unset=True)})
FIND = Table({**PAGE, "created": Range()})
ROUTES = routes("/v1/coupons", coupons, "coupon", create=CREATE, update=UPDATE, find=FIND, delete=True,
                own_ids=True)
