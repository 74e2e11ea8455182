"""Ports for tests: free, and never given to two tests at the same time."""

import subprocess
import sys

from backend.stack import ports
from tests import free_ports
from tests.stack import ROOT


def test_they_are_free_and_different() -> None:
    found = [*free_ports.free_ports(5), *range(first := free_ports.free_block(12), first + 12)]
    assert len(set(found)) == 17
    assert all(map(ports.is_free, found))


def test_no_port_is_promised_twice_here_or_in_another_process() -> None:
    [port] = free_ports.free_ports(1)
    assert not free_ports._promise([port])
    other = f"from tests import free_ports; print(free_ports._promise([{port}]))"
    told = subprocess.run([sys.executable, "-c", other], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False"]
