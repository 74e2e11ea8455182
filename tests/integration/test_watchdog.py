"""A test run that is killed leaves nothing running and no folder behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests import watchdog
from tests.stack import ROOT

SECONDS = 180.0
RUN = '''
import os, time
from pathlib import Path
from tests.stack import bare_database, running
from tests.vaults import vault_over

def test_that_is_interrupted():
    with running() as stack, bare_database() as schema, vault_over(schema) as vault:
        vault.start()
        told = Path(os.environ["TOLD"])
        told.with_suffix(".part").write_text("\\n".join(
            str(one.places.data.parent) for one in (stack, schema, vault)))
        told.with_suffix(".part").rename(told)
        time.sleep(3600)
'''


def test_a_killed_run_leaves_nothing_behind(tmp_path: Path) -> None:
    inner, told = tmp_path / "test_inner.py", tmp_path / "told"
    inner.write_text(RUN)
    run = subprocess.Popen([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT, "-c",
                            ROOT / "pyproject.toml", inner], cwd=ROOT, env=os.environ | {"TOLD": str(told)},
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        until = time.monotonic() + SECONDS
        while not told.exists():
            assert run.poll() is None, run.communicate()[0].decode()
            assert time.monotonic() < until
            time.sleep(0.05)
        folders = [Path(line) for line in told.read_text().splitlines()]
        names = {process.name() for folder in folders for process in watchdog.working(folder)}
        assert {"redis-server"} <= names
        assert len(watchdog.working(folders[2])) == 2  # the vault and the sandbox
        assert len([one for folder in folders for one in watchdog.working(folder)]) > 6
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    until = time.monotonic() + SECONDS
    while any(folder.exists() or watchdog.working(folder) for folder in folders):
        assert time.monotonic() < until, [one.cmdline() for folder in folders for one in watchdog.working(folder)]
        time.sleep(0.1)
