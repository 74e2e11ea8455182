"""The sandbox network for tests: the real program in a folder of its own, on free ports."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from tests import watchdog
from tests.free_ports import free_block

ROOT = Path(__file__).resolve().parent.parent


class Network:
    """`python -m sandbox` as a subprocess; kill it and start it again, the data folder stays."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` are further environment variables."""
        self.folder, self.settings = folder, settings
        self.port = free_block(12)
        self.alder, self.birch = self.port + 10, self.port + 11
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the program is started with."""
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("_BASE")}
        return inherited | {"FARTHING_DATA": str(self.folder), "SANDBOX_PORT": str(self.port), **self.settings}

    def start(self) -> "Network":
        """Start and wait until it answers."""
        watchdog.begin(self.folder)
        self.process = subprocess.Popen([sys.executable, "-m", "sandbox"], cwd=ROOT, env=self.environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ends_at = time.monotonic() + 20
        while time.monotonic() < ends_at:
            assert self.process.poll() is None, f"the sandbox ended: {self.process.communicate()[0]}"
            try:
                if httpx2.get(f"{self.base}/healthz").status_code == 200:
                    return self
            except httpx2.TransportError:
                time.sleep(0.02)
        raise AssertionError("the sandbox did not answer within 20 s")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; returns the exit code and everything it printed."""
        assert self.process is not None
        self.process.send_signal(number)
        printed, _ = self.process.communicate(timeout=20)
        code = self.process.returncode
        self.process = None
        watchdog.over(self.folder)
        return code, printed

    def control(self, **settings: Any) -> None:
        """Set faults and latency of both acquirers, everything else as at the start."""
        reply = httpx2.post(f"{self.base}/control", json={"reset": True, **settings})
        assert reply.status_code == 200, reply.text

    def journal(self) -> dict[str, dict[str, Any]]:
        """What `python -m sandbox journal --json` prints, by network key."""
        done = subprocess.run([sys.executable, "-m", "sandbox", "journal", "--json"], cwd=ROOT, env=self.environment,
                              capture_output=True, text=True, check=True)
        return {row["network_key"]: row for row in json.loads(done.stdout)}
