"""A vault or a sandbox as a copy of a process that has loaded everything already: it is what `python -m vault` is, but
for the two seconds of processor time that loading takes each time. Whoever tests how a program begins starts it itself.

One nursery a run reads lines of JSON: what to start, or whose exit code to tell.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_asking = threading.Lock()
_nursery: list[subprocess.Popen[str]] = []


class Process:
    """One program at work, used as `subprocess.Popen` is."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        """Start `name` in `folder` with this environment alone; what it prints goes to the end of `log`."""
        self._code: int | None = None
        self.pid = int(_ask({"start": name, "folder": str(folder), "environment": dict(environment), "log": str(log)}))

    def poll(self) -> int | None:
        """Its exit code, or None while it works."""
        if self._code is None:
            self._code = _ask({"ended": self.pid})
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait until it has ended; its exit code. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} has not ended after {seconds} s")
            time.sleep(0.005)
        return code


def _ask(question: dict[str, Any]) -> Any:
    with _asking:
        if not _nursery:
            # Loaded with the memory in which a vault works, which it could not change any more.
            from vault.hardening import WIPING

            _nursery.append(subprocess.Popen([sys.executable, "-m", "tests.nursery"], cwd=ROOT, text=True,
                                             env=os.environ | WIPING, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        desk = _nursery[0]
        assert desk.stdin is not None
        assert desk.stdout is not None
        desk.stdin.write(json.dumps(question) + "\n")
        desk.stdin.flush()
        return json.loads(desk.stdout.readline())


def _serve() -> None:
    """Answer until whoever asks is gone."""
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_start(asked) if "start" in asked else _ended(asked["ended"])), flush=True)


def _start(asked: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        _become(asked)
        code = _PROGRAMS[asked["start"]]()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _become(asked: dict[str, Any]) -> None:
    """From here on this process has its own folder, environment and output; the watchdog knows it by its folder."""
    output = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    silence = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((silence, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    os.close(output)
    os.close(silence)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])


def _ended(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _load() -> dict[str, Callable[[], int]]:
    """Both programs, with what they would load later: also libraries that are found by name at the first use."""
    for name in ("sandbox.run", "sqlalchemy.dialects.postgresql.psycopg", "anyio._backends._asyncio", "httpcore2",
                 "h11", "uvicorn.lifespan.off"):
        import_module(name)
    sandbox, vault = import_module("sandbox.__main__"), import_module("vault.process")
    gc.collect()
    gc.freeze()
    return {"sandbox": lambda: int(sandbox.main([])), "vault": vault.main}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _PROGRAMS = _load()
    _serve()
