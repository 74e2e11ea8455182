"""A test run that is killed or interrupted leaves nothing running and no folder behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests import watchdog
from tests.stack import ROOT

SECONDS = 180.0
RUN = '''
import os, time
from contextlib import ExitStack
from pathlib import Path
from tests.network import Network
from tests.stack import bare_database, running
from tests.vaults import vault_over

def test_that_is_interrupted():
    with ExitStack() as opened:
        stacks = [opened.enter_context(running())] if os.environ["WHOLE"] else []
        schema = opened.enter_context(bare_database())
        vault = opened.enter_context(vault_over(schema))
        vault.start()
        told = Path(os.environ["TOLD"])
        network = Network(told.with_name("network")).start()
        told.with_suffix(".part").write_text("\\n".join(
            [*(str(one.places.data.parent) for one in (*stacks, schema, vault)), str(network.folder)]))
        told.with_suffix(".part").rename(told)
        time.sleep(3600)
'''


class Inner:
    """A run of pytest with one test that works for an hour; `folders` are what it has begun."""

    def __init__(self, place: Path, *arguments: str, whole: bool) -> None:
        (place / "test_inner.py").write_text(RUN)
        self.told = place / "told"
        self.run = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT, "-c",
             ROOT / "pyproject.toml", *arguments, place / "test_inner.py"], cwd=ROOT,
            env=os.environ | {"TOLD": str(self.told), "WHOLE": "yes" if whole else ""},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.folders: list[Path] = []

    def begun(self) -> None:
        """Wait until everything in it works."""
        until = time.monotonic() + SECONDS
        while not self.told.exists():
            assert self.run.poll() is None, self.run.communicate()[0].decode()
            assert time.monotonic() < until
            time.sleep(0.05)
        self.folders = [Path(line) for line in self.told.read_text().splitlines()]

    def of_it(self) -> list[psutil.Process]:
        """Every process that was started by it, and by those: they all have its environment, or one made of it."""
        found = {one.pid: one for folder in self.folders for one in watchdog.working(folder)}
        for one in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if one.environ().get("TOLD") == str(self.told) and one.status() != psutil.STATUS_ZOMBIE:
                    found[one.pid] = one
        return list(found.values())

    def gone(self) -> None:
        """Wait until nothing of it is left."""
        until = time.monotonic() + SECONDS
        while (left := self.of_it()) or any(folder.exists() for folder in self.folders):
            assert time.monotonic() < until, _described(left) + list(filter(Path.exists, self.folders))
            time.sleep(0.1)


def _described(processes: Iterable[psutil.Process]) -> list[object]:
    said: list[object] = []
    for one in processes:
        with suppress(psutil.Error):
            said.append(one.cmdline())
    return said


def test_a_killed_run_leaves_nothing_behind(tmp_path: Path) -> None:
    inner = Inner(tmp_path, whole=True)
    try:
        inner.begun()
        names = {process.name() for folder in inner.folders for process in watchdog.working(folder)}
        assert {"redis-server"} <= names
        assert len(watchdog.working(inner.folders[2])) == 2  # the vault and the sandbox
        assert len(inner.of_it()) > 10
    finally:
        os.killpg(inner.run.pid, signal.SIGKILL)
        inner.run.communicate()
    inner.gone()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_whose_controller_alone_is_told_to_end_leaves_nothing_behind(
        tmp_path: Path, number: signal.Signals) -> None:
    """Its workers, what these have started, and the nursery end without a word from it."""
    inner = Inner(tmp_path, "-n", "1", "--dist", "loadfile", whole=False)
    try:
        inner.begun()
        assert len(inner.of_it()) > 6
    finally:
        inner.run.send_signal(number)
        inner.run.communicate(timeout=SECONDS)
    inner.gone()
