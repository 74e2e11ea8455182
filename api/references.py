"""Filters of lists that name an object: an unknown one is an error and no empty list, which would read as "nothing".

Asked only of an empty page, so that lists with something in them cost no more.
"""

from typing import Any

from api.objects import LOADERS
from backend.context import Context
from backend.errors import InvalidRequest
from backend.fields.tables import Table
from backend.fields.types import Id
from backend.requests.calls import Handler

_PREFIXES = {"charge": "ch", "coupon": "coupon", "customer": "customer", "file": "file", "payment_intent": "pi",
             "payment_link": "plink", "payment_method": "pm", "product": "product", "setup_intent": "seti"}
"""What a parameter names -> what loads such objects."""


def checked(handler: Handler, table: Table) -> Handler:
    """A handler of a list, which names the filter that leads nowhere where the list is empty."""
    async def find(ctx: Context, params: dict[str, Any], **path: str) -> dict[str, Any]:
        found = await handler(ctx, params, **path)
        if not found["data"]:
            await check(ctx, table, params)
        return found
    return find


async def check(ctx: Context, table: Table, params: dict[str, Any]) -> None:
    """Raise InvalidRequest `resource_missing` for the first filter that names an object which is not there."""
    for name, kind in table.fields.items():
        if name in params and isinstance(kind, Id) and kind.noun in _PREFIXES and \
                not await LOADERS[_PREFIXES[kind.noun]](ctx, [params[name]]):
            raise InvalidRequest(f"No such {kind.noun}: '{params[name]}'", code="resource_missing", param=name)
