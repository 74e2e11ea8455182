"""/v1/file_links"""

from dataclasses import dataclass
from typing import Any

from api.plain import routes
from backend.fields.structures import Metadata, Range
from backend.fields.tables import PAGE, Table
from backend.fields.types import Boolean, Choice, Id, Integer
from backend.files import file_links

_YEAR_3000 = 32_503_680_000


@dataclass(frozen=True, slots=True)
class _End:
    """`now`, a moment, or an empty text."""

    required: bool = False
    unset: bool = True

    def parse(self, value: Any, path: str) -> Any:
        return value if value in ("now", "") else Integer(max=_YEAR_3000).parse(value, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [Choice(("now",), unset=True).schema(), Integer(max=_YEAR_3000).schema()]}


CREATE = Table({"file": Id("file", required=True), "expires_at": Integer(max=_YEAR_3000), "metadata": Metadata()})
UPDATE = Table({"expires_at": _End(), "metadata": Metadata()})
FIND = Table({**PAGE, "created": Range(), "expired": Boolean(), "file": Id("file")})
ROUTES = routes("/v1/file_links", file_links, "file_link", create=CREATE, update=UPDATE, find=FIND)
