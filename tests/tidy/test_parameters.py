"""What a call takes is read by somebody: a parameter that only its table knows would be accepted and change nothing."""

import ast
from collections.abc import Iterator

from api import operations
from api.app import ROUTES
from tests.stack import ROOT
from tests.tidy.test_house import MODULES, tree

_SAID_ONLY = ("shapes.py", "codes.py")
"""Name what is shown, and errors."""


def _read() -> Iterator[str]:
    """The words that verbs use; of the API's modules, whose tables say every name, those that are looked up."""
    for path in MODULES:
        door, *inner = path.relative_to(ROOT).parts
        if door == "api":
            yield from _looked_up(tree(path))
        elif door == "backend" and inner[0] != "fields" and path.name not in _SAID_ONLY:
            yield from (node.value for node in ast.walk(tree(path))
                        if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _looked_up(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(name))) | ast.Compare(left=ast.Constant(value=str(name))):
                yield name
            case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(name)), *_]):
                yield name


def test_every_parameter_is_read_by_somebody() -> None:
    read = set(_read())
    assert {f"{one.id}: {name}" for one in operations.of(ROUTES) for name in one.endpoint.params.fields
            if name not in read} == set()
