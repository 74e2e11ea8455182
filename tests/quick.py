"""`make test-quick`: the tests that are nearest to what was changed, in less than two minutes.

Changed is what differs from the commit where this branch left `main`, or from the one before on `main` itself. Tests
that start nothing run when they reach a changed module by any way of imports; of the others those run that name the
noun in their file's name or reach the module in two steps. It is a first answer: `make test` is the whole one.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.stack import ROOT

LIGHT = ("tests/unit/", "tests/property/", "tests/tidy/")
HEAVY_MAX, STEPS = 8, 2
_ALWAYS = ("tests/tidy",)
_PACKAGES = ("api", "backend", "checkout", "commands", "portal", "sandbox", "tests", "vault", "workers")
_OF_DOCUMENTS = ("tests/conformance/test_readme.py", "tests/conformance/test_reference.py")
_FAR = 99


def changed() -> list[str]:
    """Files that differ, also those that git does not know yet; with / between the parts."""
    here = _git("rev-parse", "HEAD")
    base = _git("merge-base", "HEAD", "main") or here
    told = _git("diff", "--name-only", base if base != here else "HEAD~1"), _git("ls-files", "--others",
                                                                                  "--exclude-standard")
    return sorted({line for text in told for line in text.splitlines()})


def chosen(files: Iterable[str], imports: Mapping[str, set[str]]) -> list[str]:
    """The test files to run for changed `files`; `imports` are a file's own imports, as files, for each file."""
    files = list(files)
    tests = [name for name in imports if PurePosixPath(name).name.startswith("test_")]
    steps = {name: _steps(name, set(files), imports) for name in tests}
    light = [name for name in tests if name.startswith(LIGHT) and steps[name] < _FAR]
    words = {word for name in files if (word := _noun(name))}
    heavy = sorted((name for name in tests if not name.startswith(LIGHT)
                    and (steps[name] <= STEPS or any(word in PurePosixPath(name).stem for word in words))),
                   key=lambda name: (steps[name] > 0, name.startswith("tests/fault/"),
                                     not any(word in PurePosixPath(name).stem for word in words), steps[name], name))
    documents = [name for name in _OF_DOCUMENTS if any(one.startswith(("docs/", "README")) for one in files)]
    return [*_ALWAYS, *sorted(light), *dict.fromkeys((*documents, *heavy[:HEAVY_MAX]))]


def graph() -> dict[str, set[str]]:
    """Every Python file of the project with the files that it imports."""
    paths = {path: path.relative_to(ROOT) for package in _PACKAGES for path in (ROOT / package).rglob("*.py")
             if "__pycache__" not in path.parts}
    known = {".".join(short.with_suffix("").parts).removesuffix(".__init__"): short.as_posix()
             for short in paths.values()}
    return {short.as_posix(): {known[name] for name in _named(path) if name in known} for path, short in paths.items()}


def _named(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _steps(start: str, wanted: set[str], imports: Mapping[str, set[str]]) -> int:
    """How many imports lead from a file to the nearest of the wanted ones."""
    seen, edge, steps = {start}, {start}, 0
    while edge:
        if edge & wanted:
            return steps
        edge = {one for name in edge for one in imports.get(name, ())} - seen
        seen |= edge
        steps += 1
    return _FAR


def _noun(name: str) -> str:
    """The word by which tests of a file's noun are called: `backend/refunds/…` and `api/refunds.py` are `refund`."""
    parts = PurePosixPath(name).parts
    if parts[0] == "backend" and len(parts) > 2:
        word = parts[1]
    elif parts[0] in ("templates", "static", "vault", "sandbox") and len(parts) > 1:
        word = parts[1] if parts[0] in ("templates", "static") else parts[0]
    else:
        word = PurePosixPath(name).stem if parts[0] in ("api", "portal", "checkout", "workers", "commands") else ""
    return re.sub(r"(ies|s)$", lambda end: "y" if end[0] == "ies" else "", word)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    found = changed()
    run = chosen(found, graph())
    print(f"{len(found)} files changed, {len(run)} files of tests:", *run[:40], sep="\n  ")
    sys.exit(pytest.main(["-q", "-n", "3", "--dist", "loadfile", *run, *sys.argv[1:]]))
