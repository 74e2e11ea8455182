"""Filters of lists that name an object: an unknown one is an error and no empty list, which would read as "nothing".

Asked only of an empty page, so that lists with something in them cost no more.
"""

from typing import Any

from api.objects import LOADERS
from api.params import Table
from api.types import Id
from backend.context import Context
from backend.errors import InvalidRequest

_PREFIXES = {"charge": "ch", "coupon": "coupon", "customer": "customer", "file": "file", "payment_intent": "pi",
             "payment_link": "plink", "payment_method": "pm", "product": "product", "setup_intent": "seti"}
"""What a parameter names -> what loads such objects."""


async def check(ctx: Context, table: Table, params: dict[str, Any]) -> None:
    """Raise InvalidRequest `resource_missing` for the first filter that names an object which is not there."""
    for name, kind in table.fields.items():
        if name in params and isinstance(kind, Id) and kind.noun in _PREFIXES and \
                not await LOADERS[_PREFIXES[kind.noun]](ctx, [params[name]]):
            raise InvalidRequest(f"No such {kind.noun}: '{params[name]}'", code="resource_missing", param=name)
