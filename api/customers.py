"""/v1/customers"""

from typing import Any

from api.endpoint import Routes, local, read
from api.params import ADDRESS, PAGE, SEARCH, SHIPPING, Table
from api.structures import Array, Metadata
from api.types import Email, Text
from backend.context import Context
from backend.customers import customers, payment_methods
from backend.db import Connection

Params = dict[str, Any]
FIELDS = Table({"email": Email(), "name": Text(max=256), "phone": Text(max=100), "description": Text(max=5000),
                "address": ADDRESS, "shipping": SHIPPING, "metadata": Metadata(),
                "preferred_locales": Array(Text(max=35))})
FIND = Table({**PAGE, "email": Email()})
METHODS = Table({**PAGE, "type": Text(max=50)})


async def create(ctx: Context, tx: Connection, params: Params) -> Params:
    return await customers.create(ctx, tx, params)


async def get(ctx: Context, params: Params, id: str) -> Params:
    return await customers.get(ctx, id)


async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await customers.update(ctx, tx, id, params)


async def delete(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await customers.delete(ctx, tx, id)


async def find(ctx: Context, params: Params) -> Params:
    return await customers.find(ctx, params)


async def methods(ctx: Context, params: Params, id: str) -> Params:
    return await payment_methods.find(ctx, id, params)


async def method(ctx: Context, params: Params, id: str, method: str) -> Params:
    return await payment_methods.get_of(ctx, id, method)


async def search(ctx: Context, params: Params) -> Params:
    return await customers.search(ctx, params)


ROUTES: Routes = {
    "/v1/customers/search": {
        "GET": read(search, SEARCH, returns="customer", listed=True, about="Search customers by a query."),
    },
    "/v1/customers": {
        "GET": read(find, FIND, returns="customer", listed=True),
        "POST": local(create, FIELDS, creates=True, returns="customer"),
    },
    "/v1/customers/{id}": {
        "GET": read(get, returns="customer"),
        "POST": local(update, FIELDS, returns="customer"),
        "DELETE": local(delete, returns="customer"),
    },
    "/v1/customers/{id}/payment_methods": {
        "GET": read(methods, METHODS, returns="payment_method", listed=True),
    },
    "/v1/customers/{id}/payment_methods/{method}": {
        "GET": read(method, returns="payment_method"),
    },
}
