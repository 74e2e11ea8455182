"""What each route's method is called: `payment_intents.capture` for POST /v1/payment_intents/{id}/capture."""

from dataclasses import dataclass

from api.endpoint import Endpoint, Routes

_BODILESS = ("GET", "DELETE")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    endpoint: Endpoint
    nouns: tuple[str, ...]
    verb: str

    @property
    def id(self) -> str:
        """Its name in the description, as official libraries would write the call."""
        return ".".join((*self.nouns, self.verb))

    @property
    def resource(self) -> str:
        """The collection that it belongs to, as the path writes it: `checkout/sessions`."""
        return self.path.removeprefix("/v1/").partition("/{")[0] if "{" in self.path else "/".join(self.nouns)

    @property
    def names(self) -> list[str]:
        """The parameters that stand in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def in_query(self) -> bool:
        """Whether the other parameters stand in the query instead of the body."""
        return self.method in _BODILESS


def of(routes: Routes) -> list[Operation]:
    """Every operation, in the order of the routes."""
    return [Operation(method, path, endpoint, *_named(method, path, endpoint, routes))
            for path, methods in routes.items() for method, endpoint in methods.items()]


def _named(method: str, path: str, endpoint: Endpoint, routes: Routes) -> tuple[tuple[str, ...], str]:
    parts = path.removeprefix("/v1/").split("/")
    words = tuple(part for part in parts if not part.startswith("{"))
    if parts[-1].startswith("{"):
        return words, {"GET": "retrieve", "POST": "update", "DELETE": "delete"}[method]
    if _is_verb(path, routes):
        return words[:-1], words[-1]
    if method == "GET":
        return words, "list" if endpoint.listed else "retrieve"
    return words, {"POST": "create", "DELETE": "delete"}[method]


def _is_verb(path: str, routes: Routes) -> bool:
    """Whether the last word is something to do (`/cancel`, `/search`) and not a thing within (`/line_items`)."""
    before, _, last = path.rpartition("/")
    if last == "search":
        return before in routes
    return before.endswith("}") and "GET" not in routes[path]
