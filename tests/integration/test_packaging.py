"""The wheel holds everything: the command works from it, as a script and as a module, away from the checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT, Stack, temporary_folder


def _run(*words: str | Path, **options: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def test_the_command_works_from_the_wheel(tmp_path: Path) -> None:
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    [wheel] = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    with temporary_folder() as folder:
        place = {"cwd": tmp_path, "env": Stack(folder).environment() | {
            "PYTHONPATH": str(site), "PATH": os.environ["PATH"]}}
        made = json.loads(_run(site / "bin" / "farthing", "account", "create", "Packed", "--json", **place))
        listed = json.loads(_run(sys.executable, "-m", "farthing", "account", "list", "--json", **place))
        assert listed == [made]
        assert "Merchants" in _run(site / "bin" / "farthing", "--help", **place)
