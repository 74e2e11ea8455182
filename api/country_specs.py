"""/v1/country_specs"""

from typing import Any

from api.endpoint import Routes, read
from backend.accounts import country_specs
from backend.context import Context
from backend.fields.tables import PAGE, Table

Params = dict[str, Any]


async def get(ctx: Context, params: Params, id: str) -> Params:
    return country_specs.get(id)


async def find(ctx: Context, params: Params) -> Params:
    return country_specs.find(params)

ROUTES: Routes = {
    "/v1/country_specs": {"GET": read(find, Table(PAGE), returns="country_spec", listed=True,
                                      about="List the countries in which an account can be, by their codes.")},
    "/v1/country_specs/{id}": {"GET": read(get, returns="country_spec",
                                           about="Retrieve what holds for accounts of a country.")},
}
