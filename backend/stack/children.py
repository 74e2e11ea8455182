"""One supervised process: started in a session of its own, health-checked, ended politely and then not."""

import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "FARTHING_STACK"
"""Environment variable that carries the data folder, so that a later start finds what a killed one left behind."""

STOP_SECONDS = 15.0
LOG_BYTES_MAX = 20 * 1024 * 1024


@dataclass(eq=False)
class Child:
    """How to run one process and how to see that it works. `user` is (uid, gid) when it must not be ours."""

    name: str
    argv: list[str]
    env: Mapping[str, str]
    log: Path
    pid_file: Path
    ready: Callable[["Child"], bool]
    cwd: Path
    stop_signal: int = signal.SIGTERM
    user: tuple[int, int] | None = None
    start_seconds: float = 60.0
    before: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=64))
    log_from: int = 0

    def spawn(self) -> None:
        """Start it. Its output goes to the log file; a disk that has no room for one stops nobody."""
        self.before()
        self.turn()
        self.log_from = self.log.stat().st_size if self.log.exists() else 0
        descriptor = self._log_descriptor()
        uid, gid = self.user or (None, None)
        try:
            # A session of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops all in order.
            self.process = subprocess.Popen(
                self.argv, env=dict(self.env), stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
                cwd=self.cwd, start_new_session=True, umask=0o077, user=uid, group=gid,
                extra_groups=[] if uid is not None else None)
        finally:
            os.close(descriptor)
        self.starts.append(time.monotonic())
        with suppress(OSError):
            self.pid_file.write_text(f"{self.pid}\n")

    def _log_descriptor(self) -> int:
        try:
            return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            return os.open(os.devnull, os.O_WRONLY)

    def turn(self) -> None:
        """Turn the log over once it has grown large, also while it is written: what it holds moves aside, and whoever
        has it open goes on at its new beginning. Lines of this very moment may be lost. Without room for a copy there
        is none."""
        with suppress(OSError):
            if self.log.stat().st_size <= LOG_BYTES_MAX:
                return
            aside = self.log.with_suffix(".log.1")
            aside.unlink(missing_ok=True)
            try:
                shutil.copyfile(self.log, aside)
                aside.chmod(0o600)
            except OSError:
                aside.unlink(missing_ok=True)
            os.truncate(self.log, 0)
            self.log_from = 0

    @property
    def pid(self) -> int:
        """The process id, 0 before the start."""
        return self.process.pid if self.process else 0

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self.process.poll() if self.process else None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, self.stop_signal)

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
            self.pid_file.unlink(missing_ok=True)

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Stop and wait; after `seconds` it is killed. Returns whether it went by itself."""
        self.ask_to_stop()
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def said(self, bytes_max: int = 8192) -> list[str]:
        """The last lines that this run of it has written to its log, without empty ones."""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(self.log_from, self.log.stat().st_size - bytes_max))
            return [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return []


def describe_exit(code: int | None) -> str:
    """'exit code 3' or 'signal SIGKILL'."""
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


def working_in(folder: Path, name: str) -> list[psutil.Process]:
    """Processes called `name…` whose working directory is `folder`: servers of this data folder, whoever began them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith(name) and Path(process.cwd()) == folder.resolve():
                found.append(process)
    return found


def left_behind(data: Path) -> list[psutil.Process]:
    """Processes that carry this data folder's mark and that we did not start: a supervisor before us was killed."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(data):
                found.append(process)
    return found


def end(processes: Iterable[psutil.Process], seconds: float = 5.0, first: int = signal.SIGTERM) -> int:
    """Ask these processes to stop, kill those that remain after `seconds`; returns how many there were."""
    all_of_them = list(processes)
    for process in all_of_them:
        with suppress(psutil.Error):
            process.send_signal(first)
    for process in _wait(all_of_them, seconds):
        with suppress(psutil.Error):
            process.kill()
    _wait(all_of_them, seconds)
    return len(all_of_them)


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until they have ended; returns those that have not. A zombie has ended: nobody may ever reap it."""
    until = time.monotonic() + seconds
    while (processes := [p for p in processes if _runs(p)]) and time.monotonic() < until:
        time.sleep(0.02)
    return processes


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
