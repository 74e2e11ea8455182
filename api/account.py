"""/v1/account and the own one under /v1/accounts"""

from typing import Any

from api.endpoint import Routes, local, read
from backend.accounts import profiles
from backend.context import Context
from backend.db import Connection
from backend.fields.structures import Hash, Metadata, Range
from backend.fields.tables import ADDRESS, PAGE, Table
from backend.fields.types import Choice, Email, Id, Text, Url

Params = dict[str, Any]
_COLOR = Text(max=7, unset=True, pattern="#[0-9a-fA-F]{6}",
              hint="a colour is # and six hexadecimal digits, such as #1a2b3c.")
_PICTURE = Id("file", unset=True)
FIND = Table({**PAGE, "created": Range()})
UPDATE = Table({
    "business_profile": Hash({
        "mcc": Text(max=4, unset=True, pattern="[0-9]{4}",
                    hint="the four digits of a merchant category code, such as 5942."),
        "name": Text(max=100, unset=True), "product_description": Text(max=40_000, unset=True),
        "support_address": ADDRESS,
        "privacy_policy_url": Url(unset=True), "terms_of_service_url": Url(unset=True),
        "support_email": Email(unset=True),
        "support_phone": Text(max=40, unset=True), "support_url": Url(unset=True), "url": Url(unset=True)}),
    "metadata": Metadata(),
    "settings": Hash({"branding": Hash({"icon": _PICTURE, "logo": _PICTURE, "primary_color": _COLOR,
                                        "secondary_color": _COLOR})})})


async def get(ctx: Context, params: Params, id: str | None = None) -> Params:
    return await profiles.get(ctx, id)


async def find(ctx: Context, params: Params) -> Params:
    return profiles.connected(params)


async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
    return await profiles.update(ctx, tx, id, params)



async def external_accounts(ctx: Context, params: Params, id: str) -> Params:
    return await profiles.external_accounts(ctx, id, params)


ROUTES: Routes = {
    "/v1/accounts/{id}/external_accounts": {
        "GET": read(external_accounts, Table({**PAGE, "object": Choice(("bank_account", "card"))}),
                    returns="bank_account", listed=True,
                    about="List the bank accounts that payouts can go to: none, until there are payouts."),
    },
    "/v1/account": {"GET": read(get, returns="account", about="Retrieve the account that the key belongs to.")},
    "/v1/accounts": {
        "GET": read(find, FIND, returns="account", listed=True,
                    about="List the accounts that are connected to yours: none."),
    },
    "/v1/accounts/{id}": {
        "GET": read(get, returns="account", about="Retrieve the own account by its id."),
        "POST": local(update, UPDATE, returns="account", about="Change what the own account says of itself."),
    },
}
