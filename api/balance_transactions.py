"""/v1/balance_transactions"""

from api.endpoint import Routes
from api.plain import routes
from backend.fields.structures import Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Choice, Currency, Id
from backend.ledger import balance_transactions
from backend.ledger.shapes import OTHER, TYPES

_TYPES = tuple(sorted({kind for kind, _ in (*TYPES.values(), OTHER)}))
FIND = Table({**PAGE, "created": Range(), "currency": Currency(), "source": Id("source"), "type": Choice(_TYPES)})
_PLAIN = routes("/v1/balance_transactions", balance_transactions, "balance_transaction", find=FIND)
ROUTES: Routes = {**_PLAIN, "/v1/balance/history": _PLAIN["/v1/balance_transactions"],
                  "/v1/balance/history/{id}": _PLAIN["/v1/balance_transactions/{id}"]}
"""Under the older name, too."""
