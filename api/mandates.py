"""/v1/mandates"""

from typing import Any

from api.endpoint import Routes, read
from backend.context import Context
from backend.customers.mandates import MANDATE
from backend.resources import resources


async def get(ctx: Context, params: dict[str, Any], id: str) -> dict[str, Any]:
    return await resources.get(ctx, MANDATE, id, "mandate")

ROUTES: Routes = {"/v1/mandates/{id}": {"GET": read(get, returns="mandate", about="Retrieve a mandate.")}}
