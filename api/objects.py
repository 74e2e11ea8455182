"""Every public object of the API: its table, what loads it by the prefix of its id, and the lists within it."""

from collections.abc import Iterable

from api.expand import Expander, Json, Many
from backend.accounts import shapes as account_shapes
from backend.catalog import tax_rates
from backend.context import Context
from backend.customers import customers, payment_methods
from backend.customers import shapes as customer_shapes
from backend.files import file_links, files
from backend.ledger import balance_transactions
from backend.ledger import shapes as ledger_shapes
from backend.objects import Object
from backend.payments import charges, intents, refunds
from backend.payments import shapes as payment_shapes
from backend.resources import resources
from backend.resources.resources import Resource

RESOURCES: tuple[Resource, ...] = (file_links.FILE_LINK, files.FILE, tax_rates.TAX_RATE)
"""The plain ones, which are loaded alike."""


def _loader(res: Resource) -> Many:
    async def many(ctx: Context, wanted: Iterable[str]) -> dict[str, Json]:
        return await resources.many(ctx, res, wanted)
    return many


OBJECTS: dict[str, Object] = {one.name: one for one in (
    customer_shapes.CUSTOMER, customer_shapes.PAYMENT_METHOD, payment_shapes.CHARGE, payment_shapes.PAYMENT_INTENT,
    payment_shapes.REFUND, ledger_shapes.BALANCE, ledger_shapes.BALANCE_TRANSACTION,
    ledger_shapes.EXCHANGE_RATE, account_shapes.ACCOUNT, account_shapes.COUNTRY_SPEC,
    *(res.object for res in RESOURCES))}
LOADERS: dict[str, Many] = {"ch": charges.many, "cus": customers.many, "pi": intents.many,
                            "pm": payment_methods.many, "re": refunds.many,
                            "txn": balance_transactions.many,
                            **{res.prefix: _loader(res) for res in RESOURCES}}
"""Objects by the prefix of their ids."""
LISTS: dict[tuple[str, str], Many] = {("charge", "refunds"): refunds.of_charges, ("file", "links"): files.links_of,
                                    ("payment_intent", "charges"): charges.of_intents}
"""The lists within objects that appear when they are expanded, by (object, field) and the parents' ids."""
EXPANDER = Expander(OBJECTS, LOADERS, LISTS)
