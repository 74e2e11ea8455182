"""/v1/promotion_codes"""

from api.plain import routes
from backend.catalog import promotion_codes
from backend.fields.structures import Hash, Map, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Amount, Boolean, Choice, Currency, Id, Integer, Text

_OPTIONS = Map(Hash({"minimum_amount": Amount(required=True)}), key=Currency())
_CODE = Text(max=500, pattern="[A-Za-z0-9_-]+", hint="letters, digits, - and _ only")
CREATE = Table({
    "active": Boolean(), "code": _CODE, "customer": Id("customer"), "expires_at": Integer(max=32_503_680_000),
    "max_redemptions": Integer(min=1), "metadata": Metadata(),
    "promotion": Hash({"coupon": Id("coupon", required=True), "type": Choice(("coupon",), required=True)},
                      required=True),
    "restrictions": Hash({"currency_options": _OPTIONS, "first_time_transaction": Boolean(),
                          "minimum_amount": Amount(), "minimum_amount_currency": Currency()}),
})
UPDATE = Table({"active": Boolean(), "metadata": Metadata(),
                "restrictions": Hash({"currency_options": Map(Hash({"minimum_amount": Amount(required=True)}),
                                                              key=Currency(), required=True)})})
FIND = Table({**PAGE, "active": Boolean(), "code": Text(max=500), "coupon": Id("coupon"), "created": Range(),
              "customer": Id("customer")})
ROUTES = routes("/v1/promotion_codes", promotion_codes, "promotion_code", create=CREATE, update=UPDATE, find=FIND)
