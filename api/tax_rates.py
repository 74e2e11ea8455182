"""/v1/tax_rates"""

from api.plain import routes
from backend.catalog import tax_rates
from backend.catalog.shapes import TAX_TYPES
from backend.fields.structures import Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Decimal, Text, Type

_WORDS: dict[str, Type] = {
    "active": Boolean(), "country": Text(max=2, pattern="[A-Z]{2}", hint="two letters of ISO 3166-1, such as DE"),
    "description": Text(max=5000, unset=True), "jurisdiction": Text(max=50, unset=True), "metadata": Metadata(),
    "state": Text(max=10, unset=True),
    "tax_type": Choice(TAX_TYPES),
}
CREATE = Table({**_WORDS, "display_name": Text(max=50, required=True), "inclusive": Boolean(required=True),
                "percentage": Decimal(max="100", places=4, required=True)})
UPDATE = Table({**_WORDS, "display_name": Text(max=50)})
FIND = Table({**PAGE, "active": Boolean(), "created": Range(), "inclusive": Boolean()})
ROUTES = routes("/v1/tax_rates", tax_rates, "tax_rate", create=CREATE, update=UPDATE, find=FIND)
