"""The browser script and the card frames as they are built: from their sources, small, typed, and with every method."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import packages, scripts
from tests.packages import BROWSER

SIZES = {"stripe.js": 25, "controller.js": 25, "card.js": 60, "payment.js": 60, "address.js": 60, "challenge.js": 10,
         "frame.css": 5}
"""Most that each may weigh, in kB, compressed."""


@pytest.fixture(scope="module")
def place() -> Path:
    return packages.browser()


def bundle(place: Path, **options: Any) -> None:
    """Run esbuild with these options."""
    packages.node("-e", f"require('esbuild').buildSync({json.dumps({'bundle': True, 'logLevel': 'error', **options})})",
                  cwd=place)


def test_what_is_served_is_what_the_sources_build(tmp_path: Path) -> None:
    scripts.build(tmp_path)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in scripts.FOLDER.iterdir()}
    assert built.keys() == kept.keys() == SIZES.keys()
    assert [name for name in built if built[name] != kept[name]] == [], "run `make scripts`"


def test_nothing_is_heavy() -> None:
    for name, most in SIZES.items():
        assert len(gzip.compress((scripts.FOLDER / name).read_bytes(), 9)) <= most * 1000, name


def test_the_sources_have_no_type_errors(place: Path) -> None:
    packages.node("node_modules/typescript/bin/tsc", "-p", BROWSER, "--typeRoots", place / "node_modules" / "@types",
                  cwd=place)


def test_messages_between_pages_and_frames(place: Path) -> None:
    bundle(place, entryPoints=[str(BROWSER / "test" / "built.ts")], outfile="built.mjs", format="esm")
    shutil.copy(BROWSER / "test" / "wire.test.mjs", place / "wire.test.mjs")
    packages.node("--test", "wire.test.mjs", cwd=place)


def official(place: Path) -> list[str]:
    """Every method of the official type."""
    shutil.copy(BROWSER / "test" / "surface.mjs", place / "surface.mjs")
    found: list[str] = json.loads(packages.node("surface.mjs", cwd=place))
    return found


def test_every_method_of_the_official_type_is_there(place: Path) -> None:
    names = official(place)
    assert len(names) >= 70
    bundle(place, entryPoints=[str(BROWSER / "test" / "surface.ts")], outfile="methods.cjs", format="cjs")
    told = json.loads(packages.node("methods.cjs", cwd=place))
    assert sorted(set(names) - set(told["there"])) == []
    assert sorted(set(told["unsupported"]) & set(told["own"])) == [], "a method that works is no unsupported one"


def test_what_merchants_write_has_the_official_types(place: Path) -> None:
    own = {"compilerOptions": {
        "strict": True, "noEmit": True, "skipLibCheck": True, "target": "ES2022", "module": "ESNext", "types": [],
        "moduleResolution": "Bundler", "lib": ["ES2022", "DOM"],
        "paths": {"@stripe/stripe-js": [str(place / "node_modules/@stripe/stripe-js/dist/index.d.ts")]}},
        "files": [str(BROWSER.parent / "load" / "samples.ts")]}
    (place / "tsconfig.json").write_text(json.dumps(own))
    packages.node("node_modules/typescript/bin/tsc", "-p", "tsconfig.json", cwd=place)


def test_no_lock_names_an_address() -> None:
    text = (BROWSER / "package-lock.json").read_text()
    assert "resolved" not in text
    assert "://" not in text
    for path in BROWSER.rglob("*.ts"):
        assert "postMessage(" not in path.read_text() or "'*'" not in path.read_text(), path
