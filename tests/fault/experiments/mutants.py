"""The mutation proof: each guard is taken away in a copy of the tree, and the test that guards it must go red.

First every test runs on an untouched copy and must be green (the control). A mutant counts as detected when its test
fails and says why; one that survives, or fails for another reason, makes the verdict "fail".
"""

import asyncio
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.guards import GUARDS, Guard
from tests.stack import ROOT, temporary_folder

QUICK = 4
TOGETHER = 2
SECONDS_MAX = 180.0
_LEFT_OUT = shutil.ignore_patterns(".*", "*.pyc.*", "docs", "node_modules")
"""What was compiled comes along: of a file that is changed it is no longer believed, its time tells."""
_FAILED = 1
"""pytest's exit code when tests ran and some failed; 0 is green, all others mean that nothing was tested."""


async def run(seed: int, quick: bool) -> dict[str, Any]:
    """Take away all guards, or with `quick` a few that `seed` chooses; the figures of the experiment."""
    began = time.monotonic()
    guards = random.Random(seed).sample(GUARDS, QUICK) if quick else GUARDS
    places = asyncio.Semaphore(TOGETHER)

    async def in_turn(work: Awaitable[str]) -> str:
        async with places:
            return await work

    control, *told = await asyncio.gather(in_turn(_control({guard.check for guard in guards})),
                                          *(in_turn(survives(guard)) for guard in guards))
    why = {guard.name: said for guard, said in zip(guards, told, strict=True) if said}
    return {"n": len(guards), "detected": len(guards) - len(why), "survived": list(why), "control_green": not control,
            "guards": [guard.name for guard in guards],
            "why": "\n\n".join(filter(None, (control, *(f"{name}: {said}" for name, said in why.items())))),
            "seed": seed, "seconds": round(time.monotonic() - began, 1),
            "verdict": "fail" if why or control else "pass"}


async def survives(guard: Guard) -> str:
    """What the test said although its guard is away and it should have failed for that; empty when it did."""
    async with _copy() as tree:
        guard.remove(tree)
        code, said = await _pytest(tree, [guard.check])
    if code == _FAILED and guard.seen(said):
        return ""
    return f"exit code {code}, which is not the expected failure ({guard.sees}): {said[-2000:]}"


async def _control(checks: Iterable[str]) -> str:
    """Every check on an untouched copy; empty when all are green, else what they said."""
    async with _copy() as tree:
        code, said = await _pytest(tree, sorted(checks))
    return "" if code == 0 else f"control, exit code {code}: {said[-4000:]}"


@asynccontextmanager
async def _copy() -> AsyncIterator[Path]:
    with temporary_folder("tree") as tree:
        shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
        yield tree


async def _pytest(tree: Path, checks: list[str]) -> tuple[int, str]:
    """Run tests as somebody who stands in that tree would; exit code and output. Ended when it hangs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", *checks, cwd=tree,
        env=environment | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        async with asyncio.timeout(SECONDS_MAX * (1 if len(checks) == 1 else 2)):
            output, _ = await process.communicate()
    except TimeoutError:
        process.send_signal(signal.SIGINT)  # so that its fixtures stop what they have started
        output, _ = await process.communicate()
        return -1, output.decode(errors="replace") + "\nit hung"
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")
