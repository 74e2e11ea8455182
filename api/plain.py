"""The routes of a resource whose verbs have the usual names: create, get, update, delete, find."""

from types import ModuleType
from typing import Any

from api.endpoint import Endpoint, Routes, local, read
from backend.context import Context
from backend.db import Connection
from backend.fields.tables import SEARCH, Table

Params = dict[str, Any]


def routes(path: str, verbs: ModuleType, returns: str, *, create: Table | None = None, update: Table | None = None,
           find: Table | None = None, delete: bool = False, search: bool = False,
           own_ids: bool = False) -> Routes:
    """`path` and `path/{id}` with an endpoint for every table that is given; `verbs` is the noun's module.
    `own_ids`: merchants may choose the ids."""
    words = returns.replace("_", " ")
    top: dict[str, Endpoint] = {}
    one: dict[str, Endpoint] = {"GET": read(_got(verbs), returns=returns, about=f"Retrieve a {words}.")}
    if find:
        top["GET"] = read(_found(verbs), find, returns=returns, listed=True, about=f"List the {words}s, newest first.")
    if create:
        top["POST"] = local(_created(verbs), create, returns=returns, creates=True, own_ids=own_ids,
                            about=f"Create a {words}.")
    if update:
        one["POST"] = local(_updated(verbs), update, returns=returns, about=f"Update a {words}.")
    if delete:
        one["DELETE"] = local(_deleted(verbs), returns=returns, about=f"Delete a {words}.")
    found = {f"{path}/search": {"GET": read(_searched(verbs), SEARCH, returns=returns, listed=True,
                                            about=f"Search {words}s by a query.")}} if search else {}
    return {path: top, **found, path + "/{id}": one}


def _got(verbs: ModuleType) -> Any:
    async def get(ctx: Context, params: Params, id: str) -> Params:
        shape: Params = await verbs.get(ctx, id)
        return shape
    return get


def _found(verbs: ModuleType) -> Any:
    async def find(ctx: Context, params: Params) -> Params:
        page: Params = await verbs.find(ctx, params)
        return page
    return find


def _searched(verbs: ModuleType) -> Any:
    async def search(ctx: Context, params: Params) -> Params:
        page: Params = await verbs.search(ctx, params)
        return page
    return search


def _created(verbs: ModuleType) -> Any:
    async def create(ctx: Context, tx: Connection, params: Params) -> Params:
        shape: Params = await verbs.create(ctx, tx, params)
        return shape
    return create


def _updated(verbs: ModuleType) -> Any:
    async def update(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
        shape: Params = await verbs.update(ctx, tx, id, params)
        return shape
    return update


def _deleted(verbs: ModuleType) -> Any:
    async def delete(ctx: Context, tx: Connection, params: Params, id: str) -> Params:
        stub: Params = await verbs.delete(ctx, tx, id)
        return stub
    return delete
