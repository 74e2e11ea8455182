"""/v1/products"""

from api.plain import routes
from api.prices import FIRST_PRICE
from backend.catalog import products
from backend.fields.structures import Array, Hash, Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Decimal, Descriptor, Id, OwnId, Text, Type, Url

ID = OwnId(max=100)
_SIZE = Decimal(max="1000000", places=2, required=True)
_FIELDS: dict[str, Type] = {
    "active": Boolean(), "description": Text(max=40000, unset=True), "images": Array(Url(max=2048), max=8, unset=True),
    "marketing_features": Array(Hash({"name": Text(max=80, required=True)}), max=15, unset=True),
    "metadata": Metadata(),
    "package_dimensions": Hash({"height": _SIZE, "length": _SIZE, "weight": _SIZE, "width": _SIZE}, unset=True),
    "shippable": Boolean(),
    "statement_descriptor": Descriptor(),
    "unit_label": Text(max=12, unset=True), "url": Url(max=2048, unset=True),
}
CREATE = Table({**_FIELDS, "default_price_data": FIRST_PRICE, "id": ID, "name": Text(max=5000, required=True),
                "type": Choice(("good", "service"))})
UPDATE = Table({**_FIELDS, "default_price": Id("price"), "name": Text(max=5000)})
FIND = Table({**PAGE, "active": Boolean(), "created": Range(), "ids": Array(Text(max=100)), "shippable": Boolean(),
              "type": Choice(("good", "service")), "url": Text(max=2048)})
ROUTES = routes("/v1/products", products, "product", create=CREATE, update=UPDATE, find=FIND, search=True, delete=True,
                own_ids=True)
