"""What a test run that was killed leaves behind is ended: every stack, database and sandbox of its folders.

One process a run is told each folder that is begun and each that is over, through a pipe. When the run is gone, however
it went, the pipe ends; then whatever still works in a folder that is not over is ended, and the folder removed.
"""

import atexit
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from backend.stack import children
from tests.small_disks import unmount_below

ROOT = Path(__file__).resolve().parent.parent
_SECONDS = 20.0
_starting = threading.Lock()
_dog: list[subprocess.Popen[str]] = []


def begin(folder: Path) -> None:
    """From here on what works in `folder` does not outlive this process."""
    _tell(f"+{folder}")


def over(folder: Path) -> None:
    """`folder` is done with."""
    _tell(f"-{folder}")


def _tell(line: str) -> None:
    with _starting:
        if not _dog:
            # A session of its own: neither Ctrl-C nor a kill of the whole group reaches it.
            _dog.append(subprocess.Popen([sys.executable, "-m", "tests.watchdog"], cwd=ROOT, stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
                                         start_new_session=True))
            atexit.register(_let_go)
        pipe = _dog[0].stdin
        assert pipe is not None
        pipe.write(line + "\n")
        pipe.flush()


def _let_go() -> None:
    for dog in _dog:
        if dog.stdin:
            dog.stdin.close()
        dog.wait()


def watch(lines: Iterable[str]) -> None:
    """Read until the run is gone, then clean up after it."""
    folders: dict[str, None] = {}
    for line in lines:
        sign, folder = line[:1], line[1:].rstrip("\n")
        if sign == "+":
            folders[folder] = None
        else:
            folders.pop(folder, None)
    for folder in folders:
        clean(Path(folder))


def clean(folder: Path) -> None:
    """End whatever works in `folder`, first those that would bring others back, and remove it."""
    shelters = [link.resolve().parent for link in folder.glob("*/postgres") if link.is_symlink()]
    found = working(folder, shelters)
    for process in found:
        with suppress(psutil.Error):
            if "run" in process.cmdline():
                process.kill()
    children.end(found, _SECONDS, signal.SIGTERM)
    children.end(working(folder, shelters), 5.0, signal.SIGKILL)  # what was born meanwhile
    unmount_below(folder)
    for place in (folder, *shelters):
        shutil.rmtree(place, ignore_errors=True)


def working(folder: Path, shelters: Iterable[Path] = ()) -> list[psutil.Process]:
    """Processes that were started for something in `folder`, or whose working directory lies in it."""
    places = [str(folder), *map(str, shelters)]
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid == psutil.Process().pid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            said = [*process.cmdline(), *process.environ().values(), process.cwd()]
            if any(word == place or f"{place}/" in word for word in said for place in places):
                found.append(process)
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch(sys.stdin)
