"""`python -m tests.fault`: runs the experiments, prints one JSON line for each, and writes docs/reliability.md.

`--seed N` replays a run; names choose some experiments (`python -m tests.fault storm keys`); `--quick` is the short form
of each. The exit code is 1 when any verdict is "fail". The document is written by a whole, long run only.
"""

import argparse
import asyncio
import importlib
import json
import random
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from bench import machine
from tests.fault import report
from tests.fault.verdicts import Figures
from tests.stack import ROOT

FOLDER = Path(__file__).with_name("experiments")


def main() -> int:
    """Run what was asked for; 0 when every verdict is "pass"."""
    names = [path.stem for path in sorted(FOLDER.glob("*.py"))]
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description="Experiments with faults.")
    parser.add_argument("names", nargs="*", metavar="experiment", help=f"some of: {', '.join(names)} (default: all)")
    parser.add_argument("--seed", type=int, help="replay the run with this seed")
    parser.add_argument("--quick", action="store_true", help="the short form of each")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no such experiment: {', '.join(sorted(unknown))}")
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed {seed}", file=sys.stderr)
    lines, hardware, started = [], machine.hardware(), datetime.now(UTC)
    commit = machine.commit()  # before the document is written, which changes the tree
    for name in options.names or names:
        line = _one(name, seed, options.quick, commit)
        print(json.dumps(line), flush=True)
        lines.append(line)
    if not options.names and not options.quick:
        path = ROOT / "docs" / "reliability.md"
        path.write_text(report.page(lines, hardware, started))
        print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)
    return int(any(line["verdict"] != "pass" for line in lines))


def _one(name: str, seed: int, quick: bool, commit: str) -> Figures:
    """Run one experiment. One that raises has failed, and the others are run all the same."""
    module, began = importlib.import_module(f"tests.fault.experiments.{name}"), time.monotonic()
    print(f"{name}: {_title(module)} …", file=sys.stderr, flush=True)
    found: dict[str, Any]
    try:
        found = asyncio.run(module.run(seed, quick))
    except Exception as error:
        traceback.print_exc()
        found = {"verdict": "fail", "n": 0, "broken": [f"{type(error).__name__}: {error}"[:500]],
                 "seconds": round(time.monotonic() - began, 1)}
    command = f"python -m tests.fault {name} --seed {seed}{' --quick' if quick else ''}"
    return {"id": name, "title": _title(module), "commit": commit, **found, "seed": seed, "replay": command}


def _title(module: ModuleType) -> str:
    return str(getattr(module, "TITLE", None) or (module.__doc__ or module.__name__).splitlines()[0].rstrip("."))


if __name__ == "__main__":
    raise SystemExit(main())
