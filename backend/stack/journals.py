"""The sandbox's own view of its journals, from its own program: we share no code with it."""

import json
import subprocess
import sys
from typing import Any

from backend.config import ROOT, Settings
from backend.stack.trouble import Trouble


def read(settings: Settings) -> list[dict[str, Any]]:
    """Every record of the sandbox's acquirers; raises Trouble with what its program said."""
    asked = subprocess.run([sys.executable, "-m", "sandbox", "journal", "--json", "--data", str(settings.data)],
                           cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if asked.returncode:
        raise Trouble(f"The sandbox's journal cannot be read: {asked.stderr.strip()}")
    rows: list[dict[str, Any]] = json.loads(asked.stdout)
    return rows
