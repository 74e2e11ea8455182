"""Every package that the project asks for is used by it: none waits for a feature that may come."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions

from tests.stack import ROOT
from tests.tidy.test_house import MODULES, tree

FOR_OTHERS = {
    "httptools": "uvicorn reads HTTP with it",
    "python-multipart": "Starlette reads uploads with it",
}
"""Packages that we never import, and what does."""


def _named() -> set[str]:
    """Every top-level module that is imported, or looked for by its name, anywhere in the code."""
    found: set[str] = set()
    for path in (*MODULES, ROOT / "farthing.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("find_spec", "import_module")):
                found |= {str(ast.literal_eval(part)) for part in node.args[:1] if isinstance(part, ast.Constant)}
    return {name.partition(".")[0] for name in found}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_declared_dependency_is_imported() -> None:
    declared = {_plain(re.match(r"[\w.-]+", line).group())
                for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]}
    modules = packages_distributions()
    imported = {_plain(package) for name in _named() for package in modules.get(name, ())}
    assert declared - imported == {name for name in FOR_OTHERS if name in declared}
    assert declared >= FOR_OTHERS.keys()
