"""What may be said once of an object and not changed afterwards."""

from typing import Any

from backend.errors import InvalidRequest

Row = dict[str, Any]


def require(noun: str, row: Row, params: Row, names: dict[str, str]) -> None:
    """Raise InvalidRequest for a parameter that would change, or take away, what `row` says; the same again is fine.

    `names` are the parameters and the columns that hold them.
    """
    for name, column in names.items():
        if name in params and row[column] and (params[name] or None) != row[column]:
            raise InvalidRequest(f"You cannot change {name} of a {noun} once it is set; it is {row[column]}. Cancel "
                                 f"this {noun} and create another one.", param=name,
                                 code="parameter_invalid_combination")
