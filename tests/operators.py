"""An operator at a terminal: the command `farthing` on a data folder."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

import farthing
from tests.stack import ROOT

Done = subprocess.CompletedProcess[str]


class Operator:
    """Runs commands with these environment variables; `answers` reads JSON, `refused` the one sentence.

    The commands run in this process, as a start of Python for each would take most of the time.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def run(self, *words: str, sent: str = "") -> Done:
        """The command with what it printed."""
        out, err = io.StringIO(), io.StringIO()
        with patch.dict("os.environ", self.environment, clear=True), patch("sys.stdin", io.StringIO(sent)), \
                redirect_stdout(out), redirect_stderr(err):
            code = farthing.main(words)
        return Done(["farthing", *words], code, out.getvalue(), err.getvalue())

    def process(self, *words: str) -> Done:
        """The same in a process of its own."""
        return subprocess.run([sys.executable, "-m", "farthing", *words], cwd=ROOT, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def answers(self, *words: str, sent: str = "") -> Any:
        """What it answers in JSON; it must succeed and say nothing else."""
        done = self.run(*words, "--json", sent=sent)
        assert (done.returncode, done.stderr) == (0, ""), done
        return json.loads(done.stdout)

    def refused(self, *words: str, sent: str = "") -> str:
        """The one sentence of a failure."""
        return sentence(self.run(*words, sent=sent))


def sentence(done: Done) -> str:
    """What a failed command said: on the error output alone, with exit code 1."""
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("farthing: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("farthing: ").strip()
