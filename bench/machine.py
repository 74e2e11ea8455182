"""The machine a figure was taken on, and what our processes cost it."""

import os
import platform
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from backend.stack import ports  # noqa: F401 - the stack must be importable before anything is measured
from tests.stack import Stack


def hardware() -> dict[str, Any]:
    """Processor, cores, memory, kernel, and the cost of making one write durable."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "kernel": platform.release(), "python": platform.python_version(), "fdatasync_ms": _fdatasync_ms()}


def _fdatasync_ms(rounds: int = 200) -> float:
    with tempfile.NamedTemporaryFile(dir=".") as file:
        began = time.perf_counter()
        for _ in range(rounds):
            os.write(file.fileno(), b"x" * 512)
            os.fdatasync(file.fileno())
        return round((time.perf_counter() - began) * 1000 / rounds, 3)


def commit() -> str:
    """The commit that was measured, with a plus when the tree had changes."""
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()
    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain") else "")


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """Processor seconds that each part of the stack has used so far; the bench itself is `load`."""
    used = {"load": time.process_time()}
    for name in ("web", "vault", "sandbox", "worker", "redis"):
        used[name] = sum(psutil.Process(stack.pid(name)).cpu_times()[:2])
    postmaster = psutil.Process(stack.pid("postgres"))
    used["postgres"] = sum(map(seconds, [postmaster, *postmaster.children(recursive=True)]))
    return used


def seconds(process: psutil.Process) -> float:
    """Processor seconds of a process; 0 for one that has ended since it was listed."""
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:2]))
    return 0.0
