"""`expand[]`: ids in an answer replaced by their objects, at most one query a path. Source: reference contract 8."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from backend.context import Context
from backend.errors import InvalidRequest
from backend.objects import Kind, Object
from backend.versions import versions

Json = dict[str, Any]
Trie = dict[str, Any]
Many = Callable[[Context, Iterable[str]], Awaitable[dict[str, Json]]]
"""Objects by id, in one query; unknown ids are left out."""
Former = Mapping[str, Mapping[str, tuple[str, Kind]]]
"""Fields that only older forms of an object have: object -> field -> (the version that took it away, what it is)."""

PATHS_MAX = 20
DEPTH_MAX = 4


class Expander:
    """Knows every object's fields, what loads the objects of an id prefix, and what loads the lists within objects."""

    def __init__(self, objects: Mapping[str, Object], loaders: Mapping[str, Many],
                 lists: Mapping[tuple[str, str], Many],
                 former: Former | None = None) -> None:
        """`loaders` by id prefix, or by field name; `lists` by (object, dotted field), given the parents' ids;
        `former` are the fields of older forms."""
        self._objects, self._loaders, self._lists, self._former = objects, loaders, lists, former or {}

    def plan(self, given: Any, returns: str | None, *, listed: bool, version: str = versions.LATEST) -> Trie:
        """The asked paths as a trie; raises InvalidRequest for one that leads nowhere in `version`."""
        if given in (None, ""):
            return {}
        if not isinstance(given, dict) or not all(isinstance(path, str) for path in given.values()):
            raise InvalidRequest("Invalid array: expand must be a list, such as expand[0]=customer.",
                                 code="parameter_invalid_array", param="expand")
        if len(given) > PATHS_MAX:
            raise InvalidRequest(f"expand can have at most {PATHS_MAX} entries.", code="parameter_invalid_array",
                                 param="expand")
        trie: Trie = {}
        for index, path in enumerate(given.values()):
            steps = path.split(".")
            if len(steps) > DEPTH_MAX:
                raise InvalidRequest(f"You cannot expand more than {DEPTH_MAX} levels of a property: {path[:200]}.",
                                     param=f"expand[{index}]")
            inner = steps[1:] if listed and steps[0] == "data" else [] if listed else steps
            if not inner or returns is None or not self._leads(self._fields(returns, version), inner, version):
                raise InvalidRequest(f"This property cannot be expanded ({path[:200]}).", param=f"expand[{index}]")
            node = trie
            for step in steps:
                node = node.setdefault(step, {})
        return trie

    def _fields(self, object: str, version: str) -> Mapping[str, Kind]:
        """The fields of an object as `version` shows it."""
        former = {name: kind for name, (until, kind) in self._former.get(object, {}).items()
                  if version[:10] < until[:10]}
        return {**self._objects[object].fields, **former}

    def _leads(self, fields: Mapping[str, Kind], steps: list[str], version: str) -> bool:
        """Whether the path leads to something that can be expanded."""
        kind = fields.get(steps[0])
        if kind is None:
            return False
        inner = kind.items if kind.items is not None else kind
        if not steps[1:]:
            return bool(inner.objects) or kind.included or "$ref" in inner.schema
        if inner.fields:
            return self._leads(inner.fields, steps[1:], version)
        if kind.included and steps[1] != "data":
            return False
        rest = steps[2:] if kind.included else steps[1:]
        names = inner.objects or (inner.schema.get("$ref", "").rpartition("/")[2],)
        return bool(rest) and any(self._leads(self._fields(name, version), rest, version) for name in names
                                  if name in self._objects)

    async def apply(self, ctx: Context, answer: Json, trie: Trie) -> None:
        """Expand `answer` in place."""
        await self._nodes(ctx, [answer], trie)

    async def include(self, ctx: Context, nodes: Iterable[Json], object: str, name: str) -> None:
        """Add what an older version carried without being asked, in place."""
        await self._include(ctx, [(node, node, "") for node in nodes if node["object"] == object and name not in node],
                            name)

    async def _nodes(self, ctx: Context, nodes: list[Json], trie: Trie, hashes: list[tuple[Json, str]] | None = None,
                     ) -> None:
        """`hashes`: for each node that is a hash within an object, that object and its dotted place there."""
        for name, rest in trie.items():
            owned = list(zip(nodes, hashes or [(node, "") for node in nodes], strict=True))
            await self._include(ctx, [(node, *owner) for node, owner in owned if node.get(name) is None], name)
            holders = [node for node in nodes if node.get(name) is not None]
            await self._replace(ctx, holders, name)
            below = [(one, (one, "") if "object" in one else (owner, f"{place}{name}."))
                     for node, (owner, place) in owned if node.get(name) is not None
                     for one in _listed(node[name]) if isinstance(one, dict)]
            if rest and below:
                await self._nodes(ctx, [one for one, _ in below], rest, [owner for _, owner in below])

    async def _include(self, ctx: Context, nodes: list[tuple[Json, Json, str]], name: str) -> None:
        """What is shown within objects only when it is asked for; (node, its object, its place there) of each."""
        by_list: dict[tuple[str, str], list[tuple[Json, str]]] = {}
        for node, owner, place in nodes:
            if (key := (owner.get("object", ""), f"{place}{name}")) in self._lists and "id" in owner:
                by_list.setdefault(key, []).append((node, owner["id"]))
        for key, parents in by_list.items():
            found = await self._lists[key](ctx, [id for _, id in parents])
            for node, id in parents:
                if id in found:
                    node[name] = found[id]

    async def _replace(self, ctx: Context, nodes: list[Json], name: str) -> None:
        """The ids at one place of all these nodes, by their objects."""
        wanted = {one for node in nodes for one in _listed(node[name]) if isinstance(one, str)}
        if not wanted:
            return
        found: dict[str, Json] = {}
        by_loader: dict[Many, set[str]] = {}
        for id in wanted:
            # some objects have ids that a merchant chose: those are known by the field that holds them
            if loader := self._loaders.get(name) or self._loaders.get(id.partition("_")[0]):
                by_loader.setdefault(loader, set()).add(id)
        for load, some in by_loader.items():
            found |= await load(ctx, some)
        for node in nodes:
            value = node[name]
            if isinstance(value, list):
                node[name] = [found.get(one, one) if isinstance(one, str) else one for one in value]
            elif isinstance(value, str):
                node[name] = found.get(value, value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
