"""What a restricted key sees within an answer: objects that it could not ask for by themselves stay ids.

One place for every way in which an object comes into another: expanded, on a replay, by an older version, in an error.
"""

from collections.abc import Mapping
from typing import Any

from api.expand import Former
from backend.accounts import permissions
from backend.objects import Kind, Object

Json = dict[str, Any]


class Rights:
    """Knows every object's fields, and by its routes which resource an object belongs to."""

    def __init__(self, objects: Mapping[str, Object], paths: Mapping[str, str], former: Former | None = None) -> None:
        """`paths` by object: where it is read; `former` are fields that only older forms have (api/expand.py)."""
        self._fields_of = {name: {**one.fields, **_kinds((former or {}).get(name, {}))}
                           for name, one in objects.items()}
        self._resources = {name: permissions.resource_of(path) for name, path in paths.items()}

    def resource(self, object: str) -> str | None:
        """The resource of an object; None for one that is only ever a part of others."""
        return self._resources.get(object)

    def narrow(self, answer: Any, granted: Mapping[str, str]) -> None:
        """Take from an answer, in place, what `granted` does not let a key read."""
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            self._error(answer["error"], granted)
        elif isinstance(answer, dict):
            self._whole(answer, granted)

    def _error(self, error: Json, granted: Mapping[str, str]) -> None:
        for name, value in list(error.items()):
            if isinstance(value, dict) and not self._may(value, granted):
                del error[name]
            elif isinstance(value, dict):
                self._whole(value, granted)

    def _whole(self, shape: Json, granted: Mapping[str, str]) -> None:
        """An object, or a list of them."""
        if fields := self._fields_of.get(shape.get("object", "")):
            self._fields(shape, fields, granted)
        for one in shape.get("data") or () if isinstance(shape.get("data"), list) else ():
            if isinstance(one, dict):
                self._whole(one, granted)

    def _fields(self, shape: Json, fields: Mapping[str, Kind], granted: Mapping[str, str]) -> None:
        for name in [name for name in fields if isinstance(shape.get(name), dict | list)]:
            kind, value = fields[name], shape[name]
            if kind.included and not all(self._reads(one, granted) for one in kind.objects):
                del shape[name]
            elif isinstance(value, list):
                shape[name] = [self._seen(one, kind.items or kind, granted) for one in value]
            elif "$ref" in kind.schema and kind.optional and not self._may(value, granted):
                del shape[name]
            else:
                shape[name] = self._seen(value, kind, granted)

    def _seen(self, value: Any, kind: Kind, granted: Mapping[str, str]) -> Any:
        """One value of a field: an object that may not be read is its id."""
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("object"), str):
            if kind.objects and not kind.included and not self._may(value, granted):
                return value["id"]
            self._whole(value, granted)
        elif kind.fields:
            self._fields(value, kind.fields, granted)
        return value

    def _may(self, shape: Json, granted: Mapping[str, str]) -> bool:
        return self._reads(str(shape.get("object", "")), granted)

    def _reads(self, object: str, granted: Mapping[str, str]) -> bool:
        resource = self._resources.get(object)
        return resource is None or granted.get(resource, permissions.NONE) != permissions.NONE


def _kinds(former: Mapping[str, tuple[str, Kind]]) -> dict[str, Kind]:
    return {field: kind for field, (_, kind) in former.items()}
