"""Crash points: what CRASH_AT may say, that live mode refuses it, and that nobody dies of a point not named."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from backend import crash
from backend.config import Settings
from backend.crash import Point
from tests.stack import ROOT


@pytest.mark.parametrize(("text", "point"), [
    ("after_tx1", Point("after_tx1")),
    ("after_tx1:3", Point("after_tx1", 3)),
    ("after_tx1*9@web\n", Point("after_tx1", 9, True, "web")),
    ("call_written@vault", Point("call_written", 1, False, "vault")),
])
def test_a_point_may_be_counted_shared_and_kept_to_one_process(text: str, point: Point) -> None:
    assert crash.read(text) == point


@pytest.mark.parametrize("text", ["nowhere", "after_tx1:0", "after_tx1@postgres", "after_tx1 before_tx1", ":3"])
def test_an_unknown_point_refuses_to_start(text: str) -> None:
    with pytest.raises(ValidationError, match="CRASH_AT names no crash point"):
        Settings.model_validate({"CRASH_AT": text})


def test_live_mode_refuses_to_start_with_a_crash_point(tmp_path: Path) -> None:
    live = os.environ | {"FARTHING_LIVE": "true", "CRASH_AT": "after_tx1", "FARTHING_DATA": str(tmp_path / "data")}
    ended = subprocess.run([sys.executable, "-m", "farthing", "run"], cwd=ROOT, env=live, capture_output=True,
                           text=True)
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "CRASH_AT makes processes kill themselves, and FARTHING_LIVE is on: unset CRASH_AT" in ended.stderr


@pytest.mark.parametrize("setting", ["after_tx1", "/somewhere/crash-at"])
def test_live_mode_refuses_every_kind_of_it(setting: str) -> None:
    with pytest.raises(ValidationError, match="unset CRASH_AT"):
        Settings.model_validate({"CRASH_AT": setting, "FARTHING_LIVE": "true"})


_PASSING = """
import asyncio, sys
from backend import crash
async def main():
    crash.install("web", sys.argv[1])
    for _ in range(3):
        await crash.reached("after_tx1")
        print("passed", flush=True)
asyncio.run(main())
"""


def _passing(setting: str) -> tuple[int, int]:
    """How a process that comes three times to `after_tx1` ends, and how often it got past."""
    ended = subprocess.run([sys.executable, "-c", _PASSING, setting], cwd=ROOT, capture_output=True, text=True)
    return ended.returncode, ended.stdout.count("passed")


@pytest.mark.parametrize(("setting", "passed"), [
    ("after_tx1", 0), ("after_tx1:3", 2), ("after_tx1:3@web", 2),
])
def test_the_process_kills_itself_at_the_line(setting: str, passed: int) -> None:
    assert _passing(setting) == (-signal.SIGKILL, passed)


@pytest.mark.parametrize("setting", ["", "before_tx1", "after_tx1@vault", "after_tx1:4", "/nowhere/crash-at"])
def test_nobody_dies_of_what_is_not_named(setting: str) -> None:
    assert _passing(setting) == (0, 3)


def test_dying_takes_the_file_along_so_that_the_next_one_lives(tmp_path: Path) -> None:
    arm = tmp_path / "crash-at"
    arm.write_text("after_tx1")
    assert _passing(str(arm)) == (-signal.SIGKILL, 0)
    assert not arm.exists()
    assert _passing(str(arm)) == (0, 3)
