"""The OpenAPI 3.1 document of the API, made from the tables that check, run and render every request.

Nothing here is a second copy: paths and parameters come from the routes, shapes from the objects.
"""

import re
from collections.abc import Mapping
from typing import Any

from api import operations, samples
from api.endpoint import Routes
from api.operations import Operation
from backend.objects import Object
from backend.versions import versions

Json = dict[str, Any]
_PREFIX = "#/components/schemas/"
_ABOUT = ("Payments on your own server, in Stripe's wire format. Parameters are form-encoded or JSON; lists are paged "
          "by `starting_after`; any POST may carry an `Idempotency-Key`.")
_ERROR = {
    "type": "object", "required": ["error"], "description": "What went wrong, and how to mend it.",
    "properties": {"error": {
        "type": "object", "required": ["type", "message"],
        "properties": {
            "type": {"type": "string", "enum": ["api_error", "card_error", "idempotency_error",
                                                "invalid_request_error"]},
            **{name: {"type": "string"} for name in (
                "message", "code", "param", "decline_code", "doc_url", "request_log_url", "advice_code", "charge",
                "network_advice_code", "network_decline_code", "payment_method_type")},
            **{name: {"type": "object"} for name in ("payment_intent", "payment_method", "setup_intent")},
        }}}}
_EXPAND = {"name": "expand[]", "in": "query", "style": "form", "explode": True,
           "description": "Paths of ids to be replaced by their objects.",
           "schema": {"type": "array", "maxItems": 20, "items": {"type": "string"}}}


def document(routes: Routes, objects: Mapping[str, Object], base: str) -> Json:
    """The whole document, for the server at `base`."""
    found = operations.of(routes)
    schemas = {name: one.schema() for name, one in objects.items()}
    for one in found:
        if one.method == "DELETE" and one.endpoint.returns:
            schemas[f"deleted_{one.endpoint.returns}"] = _stub(one.endpoint.returns)
    paths: Json = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas, base)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Farthing API", "version": versions.LATEST, "description": _ABOUT,
                 "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": base}],
        "security": [{"bearer": []}, {"basic": []}],
        "tags": _tags(found, objects),
        "paths": paths,
        "components": {
            "schemas": {**schemas, "error": _ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A secret key, `sk_…`."},
                "basic": {"type": "http", "scheme": "basic", "description": "The secret key as the user name."}},
            "responses": {"error": {"description": "An error.", "content": {
                "application/json": {"schema": {"$ref": f"{_PREFIX}error"}}}}},
        },
    }
    resolved: Json = _known(whole, {*schemas, "error"})
    return resolved


def _tags(found: list[Operation], objects: Mapping[str, Object]) -> list[Json]:
    """The resources, each with what its own object is."""
    tags: dict[str, str] = {}
    for one in found:
        tags.setdefault(one.resource, objects[one.endpoint.returns].about if one.endpoint.returns else "")
    return [{"name": name, "description": about} for name, about in sorted(tags.items())]


def _operation(one: Operation, schemas: Mapping[str, Json], base: str) -> Json:
    endpoint = one.endpoint
    asked = endpoint.params.schema()
    shape: Json = {
        "operationId": one.id, "tags": [one.resource], "summary": endpoint.about,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                       for name in one.names],
        "responses": {
            "200": {"description": "What was asked for.",
                    "content": _content(one, schemas)},
            "default": {"$ref": "#/components/responses/error"}},
        "x-codeSamples": [{"lang": "sh", "label": "curl", "source": samples.curl(one, base)}],
        **({"x-publishable": True} if endpoint.publishable else {}),
    }
    if one.in_query:
        required = asked.get("required", ())
        shape["parameters"] += [_query(name, schema, required=name in required)
                                for name, schema in asked["properties"].items()] + [_EXPAND]
    else:
        shape["parameters"].append({
            "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}})
        shape["requestBody"] = _body(asked, endpoint.uploads)
    return shape


def _query(name: str, schema: Json, *, required: bool) -> Json:
    style = {"style": "deepObject", "explode": True} if _holds(schema, "object") else \
        {"style": "form", "explode": True} if _holds(schema, "array") else {}
    return {"name": f"{name}[]" if _holds(schema, "array") else name, "in": "query", "schema": schema, **style,
            **({"required": True} if required else {})}


def _body(asked: Json, uploads: bool) -> Json:
    fields = {**asked["properties"], "expand": _EXPAND["schema"]}
    schema = {**asked, "properties": fields}
    if uploads:
        return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    deep = {name: {"style": "deepObject", "explode": True} for name, one in fields.items()
            if _holds(one, "object") or _holds(one, "array")}
    return {"required": "required" in asked, "content": {
        "application/x-www-form-urlencoded": {"schema": schema, **({"encoding": deep} if deep else {})},
        "application/json": {"schema": schema}}}


def _holds(schema: Json, kind: str) -> bool:
    return schema.get("type") == kind or any(_holds(one, kind) for one in schema.get("anyOf", ()))


def _content(one: Operation, schemas: Mapping[str, Json]) -> Json:
    """What an operation answers: an object, or the bytes of a file."""
    if one.endpoint.returns is None:
        return {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {"application/json": {"schema": _answer(one, schemas)}}


def _answer(one: Operation, schemas: Mapping[str, Json]) -> Json:
    name = one.endpoint.returns
    assert name
    if one.endpoint.listed:
        return _page(name, search=one.verb == "search")
    if one.method == "DELETE":
        return {"$ref": f"{_PREFIX}deleted_{name}"}
    if one.verb == "retrieve" and f"deleted_{name}" in schemas:
        return {"anyOf": [{"$ref": f"{_PREFIX}{name}"}, {"$ref": f"{_PREFIX}deleted_{name}"}]}
    return {"$ref": f"{_PREFIX}{name}"}


def _page(name: str, *, search: bool) -> Json:
    shape: Json = {"type": "object", "required": ["object", "url", "has_more", "data"], "properties": {
        "object": {"const": "search_result" if search else "list"}, "url": {"type": "string"},
        "has_more": {"type": "boolean"}, "data": {"type": "array", "items": {"$ref": f"{_PREFIX}{name}"}}}}
    if search:
        shape["properties"] |= {"next_page": {"type": ["string", "null"]}, "total_count": {"type": "integer"}}
    return shape


def _stub(name: str) -> Json:
    return {"type": "object", "title": f"deleted_{name}", "description": f"What remains of a deleted {name}.",
            "required": ["id", "object", "deleted"], "properties": {
                "id": {"type": "string"}, "object": {"const": name}, "deleted": {"const": True}}}


def _known(part: Any, names: set[str]) -> Any:
    """The document without references to objects that do not exist here; an id may also stand for a deleted one."""
    if isinstance(part, list):
        return [_known(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("x-expandable"):
        objects = [one["$ref"].removeprefix(_PREFIX) for one in part["anyOf"] if "$ref" in one]
        objects = [name for one in objects for name in (one, f"deleted_{one}") if name in names]
        plain = [one for one in part["anyOf"] if "$ref" not in one]
        return {**part, "anyOf": [*plain, *({"$ref": f"{_PREFIX}{name}"} for name in objects)]}
    if set(part) == {"$ref"} and re.match(_PREFIX, part["$ref"]) and part["$ref"].removeprefix(_PREFIX) not in names:
        return {"type": "object"}
    return {name: _known(one, names) for name, one in part.items()}
