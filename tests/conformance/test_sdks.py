"""Every resource, driven by the official packages: Python and Node, the newest and five older majors of each.

Node's 19 is 19.2.1: 19.3 sends no body of an upload to anybody.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from api.app import ROUTES
from tests import packages
from tests.stack import Stack

PYTHONS = ("newest", *(f"python-{major}" for major in range(15, 11, -1)))
"""Those whose client has the `v1` namespace; older ones are driven through the module-level API."""
FLOWS = ("newest", *packages.PYTHONS)
NODES = ("stripe", *(f"stripe-{major}" for major in range(22, 17, -1)))
NAMES = {"account": "accounts", "checkout": "checkout.sessions"}
"""What the packages call the resources that they do not call by their path."""


@pytest.fixture(scope="module")
def place() -> Path:
    shutil.copy(packages.LOCKS / "drive.mjs", packages.installed() / "drive.mjs")
    return packages.PLACE


def _resources() -> set[str]:
    return {NAMES.get(noun, noun) for noun in (path.split("/")[2] for path in ROUTES)}


def _reached(names: list[str]) -> set[str]:
    """`payment_intents.create` and `paymentIntents.create` both reach payment_intents."""
    snake = [re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", name) for name in names]
    return {noun for noun in _resources() if any(name.startswith(f"{noun}.") for name in snake)}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("package", PYTHONS)
def test_python_drives_every_resource(stack: Stack, place: Path, package: str, way: str) -> None:
    path = None if package == "newest" else place / package
    told = json.loads(packages.run(sys.executable, packages.LOCKS / "drive.py", stack.api_base, stack.secret_key, way,
                                   path=path))
    assert told["version"].split(".")[0] == ("16" if package == "newest" else package[-2:])
    assert _resources() - _reached(told["reached"]) == set()


@pytest.mark.parametrize("package", FLOWS)
def test_python_goes_the_main_ways_as_scripts_of_ten_years_do(stack: Stack, place: Path, package: str) -> None:
    path = None if package == "newest" else place / package
    told = json.loads(packages.run(sys.executable, packages.LOCKS / "flows.py", stack.api_base, stack.secret_key,
                                   path=path))
    assert told["version"].split(".")[0] == ("16" if package == "newest" else package.partition("-")[2])


@pytest.mark.parametrize("package", NODES)
def test_node_drives_every_resource(stack: Stack, place: Path, package: str) -> None:
    told = json.loads(packages.node("drive.mjs", package, stack.api_base, stack.secret_key))
    assert told["version"].split(".")[0] == {"stripe": "23"}.get(package, package[-2:])
    assert _resources() - _reached(told["reached"]) == set()
