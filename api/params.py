"""The parameters of one endpoint as a table, and the tables that many endpoints share.

Source: reference contract sections 5 and 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from api.structures import Hash, parse, schema_of
from api.types import ID_MAX, Email, Integer, Text, Type
from backend.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Table:
    """The parameters of one endpoint, and what no single one of them can tell."""

    fields: Mapping[str, Type] = field(default_factory=dict)
    exclusive: tuple[tuple[str, ...], ...] = ()
    """Sets of parameters of which a request may have one."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Sets of parameters of which a request must have exactly one."""

    def parse(self, tree: dict[str, Any]) -> dict[str, Any]:
        """The checked values of a request; raises InvalidRequest."""
        values = parse(tree, self.fields, "")
        for names in (*self.exclusive, *self.one_of):
            given = [name for name in names if name in values]
            if len(given) > 1:
                raise InvalidRequest(f"You may only specify one of these parameters: {', '.join(names)}.",
                                     code="parameters_exclusive", param=given[1])
        for names in self.one_of:
            if not any(name in values for name in names):
                raise InvalidRequest(f"Missing required param: pass one of {', '.join(names)}.",
                                     code="parameter_missing", param=names[0])
        return values

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the request."""
        never = [{"not": {"required": list(pair)}} for names in self.exclusive for pair in combinations(names, 2)]
        one = [{"oneOf": [{"required": [name]} for name in names]} for names in self.one_of]
        return schema_of(self.fields) | ({"allOf": [*never, *one]} if never or one else {})


_PLACE: dict[str, Type] = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"),
                                        Text(max=500, unset=True))
ADDRESS = Hash(_PLACE, unset=True)
SHIPPING = Hash({"address": Hash(_PLACE), "name": Text(max=500, unset=True), "phone": Text(max=100, unset=True),
                 "carrier": Text(max=200, unset=True), "tracking_number": Text(max=200, unset=True)}, unset=True)
BILLING = Hash({"address": ADDRESS, "email": Email(unset=True), "name": Text(max=500, unset=True),
                "phone": Text(max=100, unset=True), "tax_id": Text(max=100, unset=True)}, unset=True)
SEARCH = Table({"query": Text(max=2000, required=True), "limit": Integer(min=1, max=100), "page": Text(max=500)})
PAGE: dict[str, Type] = {"limit": Integer(min=1, max=100), "starting_after": Text(max=ID_MAX),
                         "ending_before": Text(max=ID_MAX)}
