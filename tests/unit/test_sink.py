"""A log that cannot be written stops nobody: lines are dropped and counted; logs turn over while they are written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.sink import Sink
from backend.stack import children
from backend.stack.children import Child

FULL = Path("/dev/full")


def test_lines_that_find_no_room_are_counted_and_the_next_one_says_so(tmp_path: Path) -> None:
    file = tmp_path / "log"
    free, full = os.open(file, os.O_WRONLY | os.O_CREAT), os.open(FULL, os.O_WRONLY)
    sink = Sink(os.dup(full))
    for number in range(3):
        sink.write(b"lost %d\n" % number)
    assert (sink.dropped, sink.failing) == (3, True)
    os.dup2(free, sink._fd)
    sink.write(b"kept\n")
    sink.write(b"kept\n")
    assert (sink.dropped, sink.failing) == (3, False)
    told, *kept = file.read_text().splitlines()
    assert json.loads(told) == {"event": "log_lines_dropped", "level": "warning", "lines": 3}
    assert kept == ["kept", "kept"]


def test_a_line_that_was_cut_off_does_not_run_into_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "log"
    sink, write, room = Sink(os.open(file, os.O_WRONLY | os.O_CREAT)), os.write, [10]

    def short(fd: int, data: bytes) -> int:
        """A disk with room for ten bytes, as the kernel tells it: less is written, then nothing."""
        if not room[0]:
            raise OSError(28, "No space left on device")
        sent = write(fd, data[:room[0]])
        room[0] -= sent
        return sent

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        sink.write(b'{"event": "torn apart"}\n')
    sink.write(b'{"event": "whole"}\n')
    torn, *rest = file.read_text().splitlines()
    assert torn == '{"event": '
    assert [json.loads(line)["event"] for line in rest] == ["log_lines_dropped", "whole"]


@pytest.mark.parametrize("statement", [
    "structlog.get_logger('x').info('request', n=1)", "logging.getLogger('uvicorn.error').error('x')",
    "warnings.warn('x', stacklevel=1)"])
def test_who_logs_to_a_full_disk_goes_on(statement: str) -> None:
    code = ("import logging, warnings, structlog, sys\nfrom backend import logs\nlogs.install()\n"
            f"for _ in range(3): {statement}\n"
            "sys.stderr.write(f'went on {logs.written()}')")
    with FULL.open("wb") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "went on False")


def child(tmp_path: Path, code: str) -> Child:
    return Child("writer", [sys.executable, "-uc", code], dict(os.environ), tmp_path / "writer.log", tmp_path / "pid",
                 lambda _: True, cwd=tmp_path)


def test_a_log_turns_over_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process keeps its descriptor, and what it writes afterwards begins a small file, without a gap."""
    monkeypatch.setattr(children, "LOG_BYTES_MAX", 1000)
    one = child(tmp_path, "import sys\nfor line in sys.stdin: pass")
    one.argv = [sys.executable, "-uc", "import time\nfor n in range(10**6): print('line', n); time.sleep(0.002)"]
    one.spawn()
    try:
        while one.log.stat().st_size <= 1000:
            pass
        one.turn()
        while not one.log.stat().st_size:
            pass
        assert b"\0" not in one.log.read_bytes()
        assert (tmp_path / "writer.log.1").read_bytes().startswith(b"line 0\n")
        assert ((tmp_path / "writer.log.1").stat().st_mode & 0o777, one.log_from) == (0o600, 0)
        assert one.alive()
        assert one.said()
    finally:
        one.kill()


def test_a_full_disk_keeps_nobody_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = child(tmp_path, "raise SystemExit(7)")
    opened = os.open

    def no_room(path: object, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(".log"):
            raise OSError(28, "No space left on device")
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", no_room)
    one.pid_file = FULL
    one.spawn()
    assert one.process is not None
    assert one.process.wait(30) == 7
