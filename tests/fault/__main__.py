"""`python -m tests.fault`: runs the experiments, prints a JSON line for each, and writes docs/reliability.md.

`--seed N` replays a run; names choose some experiments (`python -m tests.fault storm keys`); `--quick` is the short
form of each. The exit code is 1 when any verdict is "fail". The document is written by a whole, long run only.
"""

import argparse
import asyncio
import importlib
import json
import logging
import os
import random
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

from bench import machine
from tests.fault import report
from tests.fault.verdicts import Figures
from tests.stack import ROOT

FOLDER = Path(__file__).with_name("experiments")
TOGETHER, QUICK_TOGETHER = 3, 4
"""Experiments that run at one time, and short forms of them: they mostly wait."""
ALONE = ("storm", "restore")
"""In their long form these run before all others and one by one, so that the seconds they report mean something."""


def main() -> int:
    """Run what was asked for; 0 when every verdict is "pass"."""
    known = [path.stem for path in sorted(FOLDER.glob("*.py")) if "async def run(" in path.read_text()]
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description="Experiments with faults.")
    parser.add_argument("names", nargs="*", metavar="experiment", help=f"some of: {', '.join(known)} (default: all)")
    parser.add_argument("--seed", type=int, help="replay the run with this seed")
    parser.add_argument("--quick", action="store_true", help="the short form of each")
    options = parser.parse_args()
    if unknown := set(options.names) - set(known):
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}")
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    if len(options.names) == 1:
        line = _here(options.names[0], seed, options.quick)
        print(json.dumps(line), flush=True)
        return int(line["verdict"] != "pass")
    print(f"seed {seed}", file=sys.stderr)
    started, hardware = datetime.now(UTC), machine.hardware() | {"load_average": round(os.getloadavg()[0], 1)}
    names = options.names or known
    lines = [_apart(name, seed, quick=False) for name in ALONE if name in names and not options.quick]
    with ThreadPoolExecutor(QUICK_TOGETHER if options.quick else TOGETHER) as pool:
        rest = [name for name in names if options.quick or name not in ALONE]
        lines += pool.map(lambda name: _apart(name, seed, options.quick), rest)
    if not options.names and not options.quick:
        path = ROOT / "docs" / "reliability.md"
        path.write_text(report.page(lines, hardware, started, datetime.now(UTC)))
        print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)
    return int(any(line["verdict"] != "pass" for line in lines))


def _apart(name: str, seed: int, quick: bool) -> Figures:
    """Run one experiment in a process of its own, as its replay command does, and print its line."""
    words = [sys.executable, "-m", "tests.fault", name, "--seed", str(seed), *(["--quick"] if quick else [])]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    printed = done.stdout.strip().splitlines()
    line: Figures = json.loads(printed[-1]) if printed else _failed(name, f"it ended with code {done.returncode}", 0)
    print(json.dumps(line), flush=True)
    return line


def _here(name: str, seed: int, quick: bool) -> Figures:
    """Run one experiment in this process. One that raises has failed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # failing is the point
    module, began, commit = _module(name), time.monotonic(), machine.commit()
    print(f"{name}: {_title(module)} …", file=sys.stderr, flush=True)
    found: dict[str, Any]
    try:
        found = asyncio.run(module.run(seed, quick))
    except Exception as error:
        traceback.print_exc()
        found = _failed(name, f"{type(error).__name__}: {error}"[:500], time.monotonic() - began)
    command = f"python -m tests.fault {name} --seed {seed}{' --quick' if quick else ''}"
    return {"id": name, "title": _title(module), "commit": commit, **found, "seed": seed, "replay": command}


def _failed(name: str, why: str, seconds: float) -> Figures:
    return {"id": name, "title": name, "commit": "", "replay": "", "verdict": "fail", "n": 0, "seed": 0,
            "broken": [why], "seconds": round(seconds, 1)}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.fault.experiments.{name}")


def _title(module: ModuleType) -> str:
    return str(getattr(module, "TITLE", None) or (module.__doc__ or module.__name__).splitlines()[0].rstrip("."))


if __name__ == "__main__":
    raise SystemExit(main())
