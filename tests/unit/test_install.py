"""Making .venv says how far it is, so that nobody waits before a silent terminal."""

from pathlib import Path

import pytest

from backend.stack import install
from backend.stack.install import Progress


def test_the_progress_names_what_is_downloaded_and_counts_what_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "pip-25.dist-info").mkdir()
    progress = Progress(3, tmp_path)
    assert progress.line() == "  0 of 3: looking for packages"
    for line in ("Collecting alembic==1.20.1 (from -r requirements.lock (line 7))\n",
                 "  Downloading https://packages.example/a/b/alembic-1.20.1-py3-none-any.whl (270 kB)\n"):
        assert progress.reads(line)
    assert progress.line() == "  1 of 3: downloading alembic (270 kB)"
    progress.reads("Collecting mako (from alembic)\n")
    progress.reads("  Using cached mako-1.3-py3-none-any.whl (78 kB)\n")
    assert progress.line().startswith("  2 of 3: ")
    progress.reads("Installing collected packages: mako, alembic\n")
    assert progress.line() == "  0 of 3: unpacking"
    (tmp_path / "mako-1.3.dist-info").mkdir()
    assert progress.line() == "  1 of 3: unpacking"


def test_a_failed_install_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                      capfd: pytest.CaptureFixture[str]) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho Collecting x\necho 'ERROR: No matching distribution found for x' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(install, "PYTHON", fake)
    with pytest.raises(SystemExit):
        install.pip(["x"], "The packages could not be installed")
    told = capfd.readouterr().err
    assert told.endswith("The packages could not be installed: ERROR: No matching distribution found for x\n")
