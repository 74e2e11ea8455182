"""The parameters of one request as a table, and the tables that many requests share.

Source: reference contract sections 5 and 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from backend.errors import InvalidRequest
from backend.fields.structures import Hash, parse, schema_of
from backend.fields.types import ID_MAX, BadValue, Choice, Email, Integer, Text, Type


@dataclass(frozen=True, slots=True)
class Table:
    """The parameters of one request, and what no single one of them can tell."""

    fields: Mapping[str, Type] = field(default_factory=dict)
    exclusive: tuple[tuple[str, ...], ...] = ()
    """Sets of parameters of which a request may have one."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Sets of parameters of which a request must have exactly one."""
    silent: bool = False
    """Whether errors repeat nothing of what was sent: where cards come in, somebody types one a field too far left."""

    def parse(self, tree: dict[str, Any], at: str = "") -> dict[str, Any]:
        """The checked values of a request, or of the hash in it that stands under `at`; raises InvalidRequest."""
        try:
            values = parse(tree, self.fields, at)
        except BadValue as error:
            if not self.silent:
                raise
            raise InvalidRequest(error.silent, code=error.code, param=error.param) from None
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
OWNER_ADDRESS = {"address_city": "city", "address_country": "country", "address_line1": "line1",
                 "address_line2": "line2", "address_state": "state", "address_zip": "postal_code"}
"""What a card calls the parts of its owner's address, and what billing details call them."""
OWNER: dict[str, Type] = dict.fromkeys((*OWNER_ADDRESS, "name"), Text(max=500, unset=True))
"""Whose a card is, as the card says it."""
EXPIRY: dict[str, Type] = {"exp_month": Integer(max=99), "exp_year": Integer(max=9999)}
"""When a card ends, so far as a form can tell; what no card has is a card error."""
REDISPLAY = Choice(("always", "limited", "unspecified"))
PAGE: dict[str, Type] = {"limit": Integer(min=1, max=100), "starting_after": Text(max=ID_MAX),
                         "ending_before": Text(max=ID_MAX)}
