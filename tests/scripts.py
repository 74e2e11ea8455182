"""`make scripts`: static/browser is built from sdks/js/browser with the packages that its lock pins."""

import shutil
from pathlib import Path

from tests import packages
from tests.stack import ROOT

FOLDER = ROOT / "static" / "browser"


def build(to: Path) -> None:
    """Write the built scripts into a folder; raises AssertionError with what the builder said."""
    place = packages.browser()
    shutil.copy(packages.BROWSER / "build.mjs", place / "build.mjs")
    packages.node("build.mjs", "--from", packages.BROWSER, "--to", to, cwd=place)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    build(FOLDER)
    print(", ".join(sorted(path.name for path in FOLDER.iterdir())))
