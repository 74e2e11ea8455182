"""/v1/balance"""

from typing import Any

from api.endpoint import Routes, read
from backend.context import Context
from backend.ledger import balances


async def get(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    return await balances.get(ctx)

ROUTES: Routes = {
    "/v1/balance": {
        "GET": read(get, returns="balance", about="Retrieve what the account has, available and pending."),
    },
}
