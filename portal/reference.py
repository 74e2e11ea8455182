"""The reference of the API: pages made from its OpenAPI document, in the portal's design, open to everybody."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal import docs, page

Json = dict[str, Any]
_FORMATS = {"unix-time": "seconds since 1970", "decimal": "decimal number as text", "uri": "URL",
            "email": "e-mail address"}
_PREFIX = "#/components/schemas/"
_ENUM_MAX = 40


@dataclass(frozen=True)
class Field:
    """One parameter, or one field of an object, with those within it."""

    name: str
    words: str
    values: list[str]
    required: bool
    inner: "list[Field]"


class Reference:
    """The document, asked for at the first request, cut into its resources."""

    def __init__(self, describe: Callable[[], Json]) -> None:
        self._describe = describe
        self._pages: dict[str, Json] = {}

    def pages(self) -> dict[str, Json]:
        """Address -> what its page shows, in the order of the alphabet."""
        if not self._pages:
            document = self._describe()
            made = [_resource(document, tag) for tag in document["tags"]]
            homes = {one["object"]: one["slug"] for one in made if one["object"]}
            for one in made:
                shown = [name for name in one["objects"] if homes.get(name, one["slug"]) == one["slug"]]
                one |= {"homes": homes, "shapes": [_shape(document, name) for name in shown]}
            self._pages = {one["slug"]: one for one in made}
        return self._pages


async def index(request: Request) -> Response:
    """GET /docs/api: every resource with its calls."""
    pages = _reference(request).pages()
    return await _page(request, {"title": "API reference", "resources": list(pages.values()), "resource": None})


async def show(request: Request) -> Response:
    """GET /docs/api/{resource}."""
    found = _reference(request).pages().get(request.path_params["resource"])
    if found is None:
        return page.told(request, "Not found", "There is no such resource in the API.", 404)
    return await _page(request, {"title": found["title"], "resources": [], "resource": found})


async def _page(request: Request, values: Json) -> Response:
    pages = _reference(request).pages().values()
    shared = {"menu": docs.menu(), "name": "api", "within": [(one["slug"], one["title"]) for one in pages]}
    return page.html(request, "reference.html", {**shared, **values, "member": await page.member(request)})


def _reference(request: Request) -> Reference:
    found: Reference = request.app.state.reference
    return found


def _resource(document: Json, tag: Json) -> Json:
    name = tag["name"]
    calls = [_call(path, method, one, name) for path, methods in document["paths"].items()
             for method, one in methods.items() if name in one["tags"]]
    objects = list(dict.fromkeys(call["object"] for call in calls if call["object"]))
    own = next((call["object"] for call in calls if call["plain"]), None)
    return {"slug": name.replace("/", "-"), "title": _title(name), "about": tag["description"], "calls": calls,
            "objects": objects, "object": own}


def _title(words: str) -> str:
    text = words.replace("/", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def _call(path: str, method: str, one: Json, resource: str) -> Json:
    """One endpoint: `List line items` of `GET /v1/checkout/sessions/{id}/line_items`."""
    *nouns, verb = one["operationId"].split(".")
    inner = nouns[len(resource.split("/")):]
    given = [parameter for parameter in one["parameters"] if parameter["in"] == "query"]
    bodies: list[Json] = list(one.get("requestBody", {}).get("content", {}).values())
    body = bodies[0]["schema"] if bodies else {}
    fields = [_field(p["name"].removesuffix("[]"), p["schema"], required=p.get("required", False)) for p in given] or \
        list(_fields(body))
    answer = one["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
    return {"id": one["operationId"], "title": _title(" ".join((verb, *inner))), "method": method.upper(), "path": path,
            "about": one["summary"], "fields": [field for field in fields if field.name != "expand"],
            "sample": one["x-codeSamples"][0]["source"], "publishable": one.get("x-publishable", False),
            "object": _object(answer), "listed": "data" in answer.get("properties", {}), "plain": not inner}


def _object(answer: Json) -> str | None:
    """The object that an answer holds, whole or in a list."""
    shown = answer.get("properties", {}).get("data", {}).get("items", answer)
    shown = shown.get("anyOf", [shown])[0]
    name: str = shown.get("$ref", "").removeprefix(_PREFIX)
    return name.removeprefix("deleted_") or None


def _shape(document: Json, name: str) -> Json:
    schema = document["components"]["schemas"][name]
    return {"name": name, "about": schema["description"], "fields": list(_fields(schema))}


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        yield _field(name, one, required=name in required)


def _field(name: str, schema: Json, *, required: bool) -> Field:
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null" and one.get("const") != ""]
    main = next((one for one in options if one.get("type") == "object"), options[0] if options else {})
    items = main.get("items", main)
    inner: Json = next((one for one in items.get("anyOf", [items]) if "properties" in one), {})
    enum = [str(one) for one in items.get("enum", ()) if one is not None and one != ""]
    return Field(name, _words(schema, options), enum if len(enum) <= _ENUM_MAX else [], required,
                 [] if "has_more" in inner.get("properties", {}) else list(_fields(inner)))


def _words(schema: Json, options: list[Json]) -> str:
    """What a field may hold, in words: `whole number from 1 to 99999999`."""
    said = "id, or the object when it is expanded" if schema.get("x-expandable") else \
        "list object, when it is expanded" if "has_more" in schema.get("properties", {}) else \
        " or ".join(dict.fromkeys(_kind(one) for one in options))
    kinds = schema.get("type")
    if "null" in (kinds if isinstance(kinds, list) else []) or {"type": "null"} in schema.get("anyOf", ()):
        said += ", or null"
    if {"const": ""} in schema.get("anyOf", ()):
        said += ", or empty to unset it"
    return said


def _kind(schema: Json) -> str:
    kinds = schema.get("type")
    kind = next((one for one in kinds if one != "null"), "") if isinstance(kinds, list) else kinds
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "const" in schema:
        return f"always {schema['const']}"
    if "enum" in schema:
        return "one of" if len(schema["enum"]) <= _ENUM_MAX else "ISO 4217 currency code"
    if kind == "string":
        return f"text, at most {schema['maxLength']} characters" if "maxLength" in schema else "text"
    if kind == "integer":
        return f"whole number{_bounds(schema)}"
    if kind == "array":
        most = f" of at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list{most}, each {_kind(schema['items'])}"
    if "$ref" in schema:
        return "object"
    return {"object": "hash", "boolean": "true or false", "number": "number"}.get(kind or "", "anything")


def _bounds(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None:
        return ""
    return f" from {low} to {high}" if high is not None and high < 2**53 else f", at least {low}"
