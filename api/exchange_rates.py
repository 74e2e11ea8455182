"""/v1/exchange_rates"""

from typing import Any

from api.endpoint import Routes, read
from backend.context import Context
from backend.fields.tables import PAGE, Table
from backend.ledger import exchange_rates

Params = dict[str, Any]


async def get(ctx: Context, params: Params, id: str) -> Params:
    return exchange_rates.get(id)


async def find(ctx: Context, params: Params) -> Params:
    return exchange_rates.find(params)

ROUTES: Routes = {
    "/v1/exchange_rates": {"GET": read(find, Table(PAGE), returns="exchange_rate", listed=True,
                                       about="List the sandbox's exchange rates, by currency.")},
    "/v1/exchange_rates/{id}": {"GET": read(get, returns="exchange_rate",
                                            about="Retrieve the sandbox's exchange rates of a currency.")},
}
