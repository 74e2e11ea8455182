"""A reader who tries what the documentation shows: shell and Python samples, run as they stand against a stack."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from api import operations, samples
from api.app import ROUTES
from api.objects import OBJECTS
from api.operations import Operation
from tests import packages
from tests.stack import Stack

SHOWN = "http://localhost:8420"
"""The address that the documentation writes."""
OPERATIONS = {one.id: one for one in operations.of(ROUTES)}
_OBJECTS = {samples.variable(name)[1:]: name for name in OBJECTS}
_SECONDS = 60
_ELSEWHERE = {
    "account": ('http://localhost:8420/v1/account -u "$KEY:"', "id"),
    "mandate": ('http://localhost:8420/v1/setup_intents -u "$KEY:" -d payment_method=pm_card_visa -d confirm=true '
                '-d "mandate_data[customer_acceptance][type]=offline"', "mandate"),
    "token": ('http://js.localhost:8421/v1/tokens -u "$PUBLISHABLE_KEY:" -d "card[number]=4242424242424242" '
              '-d "card[exp_month]=12" -d "card[exp_year]=2034" -d "card[cvc]=123"', "id"),
}
"""Objects that no call of their own makes: which one does, and which field of its answer has their id."""
_CARDS = {"dispute": "pm_card_createDispute", "radar.early_fraud_warning": "pm_card_createIssuerFraudRecord"}
"""Objects that come some time after a payment with these cards."""
_RECEIPT = b"\x89PNG\r\n\x1a\n" + bytes(64)


def blocks(source: str, *languages: str) -> list[str]:
    """The code blocks of a Markdown text in these languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", source, re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


class Reader:
    """Somebody with a key and a terminal; objects that a sample names are made when they are needed."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        (folder / "receipt.png").write_bytes(_RECEIPT)
        self.mine: dict[str, str] = {}
        """Variables of the shell: the ids of the objects that were made."""

    @cached_property
    def _base(self) -> dict[str, str]:
        local = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return local | {"KEY": self.stack.secret_key, "PUBLISHABLE_KEY": self.stack.publishable_key,
                        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def shell(self, source: str) -> str:
        """What the commands print."""
        return self._run(["bash", "-ec", self._here(source)])

    def python(self, source: str) -> str:
        """What the program prints."""
        return self._run([sys.executable, "-c", self._here(source)])

    def node(self, source: str) -> str:
        """What the program prints."""
        ports = {"port: 8420": f"port: {self.stack.port}", "port: 8421": f"port: {self.stack.vault_port}"}
        return packages.node("-e", re.sub("|".join(ports), lambda shown: ports[shown[0]], self._here(source)))

    def curl(self, source: str) -> Any:
        """The JSON that the last of these curl commands prints."""
        printed = self.shell(re.sub(r"^(.*?)\bcurl http", r"\1curl -s -w '\\n' http", source, flags=re.MULTILINE))
        return documents(printed)[-1]

    def have(self, names: Iterable[str], of: tuple[str, ...] = ()) -> None:
        """Make the objects that these variables stand for; the last one with the parameters `of`, when given."""
        wanted = [name for name in names if name not in self.mine and name in _OBJECTS]
        for name in wanted:
            self.mine[name] = self._made(_OBJECTS[name], of if name == wanted[-1] else ())
        if {"CHARGE", "REFUND"} <= set(names):  # the charge whose refund it is
            self.mine["CHARGE"] = str(self.curl(f'curl {SHOWN}/v1/refunds/$REFUND -u "$KEY:"')["charge"])

    def sample(self, one: Operation) -> Any:
        """Run the sample of an operation, and say what came back."""
        source = samples.curl(one, SHOWN)
        self.have(variables(samples.path(one)), samples.sample(one).of)
        self.have(variables(source))
        return self.curl(source)

    def _made(self, object: str, of: tuple[str, ...]) -> str:
        """The id of a new object, made by the sample of the operation that creates it; else of the newest there is."""
        if object in _ELSEWHERE:
            command, field = _ELSEWHERE[object]
            return str(self.curl(f"curl {command}")[field])
        makers = [one for one in OPERATIONS.values() if one.endpoint.returns == object and one.verb == "create"]
        maker = min(makers, key=lambda one: len(one.names), default=None)
        if maker is None:
            return self._newest(object)
        command = samples.curl(maker, SHOWN, of or None)
        self.have(variables(command))
        made = self.curl(command)
        assert "id" in made, made
        return str(made["id"])

    def _newest(self, object: str) -> str:
        """The id of the newest, once there is one."""
        if object in _CARDS:
            self.curl(f'curl {SHOWN}/v1/payment_intents -u "$KEY:" -d amount=2000 -d currency=usd -d confirm=true '
                      f"-d payment_method={_CARDS[object]}")
        else:
            self.have(["REFUND"])  # which brings a payment, its charge and their events
        path = next(one.path for one in OPERATIONS.values() if one.endpoint.returns == object and one.endpoint.listed)
        until = time.monotonic() + _SECONDS
        while not (found := self.curl(f'curl {SHOWN}{path} -u "$KEY:"')["data"]):
            assert time.monotonic() < until, f"no {object} came"
            time.sleep(0.2)
        return str(found[0]["id"])

    def _here(self, source: str) -> str:
        """The sample with this stack's address in place of the one that is shown."""
        return source.replace("localhost:8420", f"localhost:{self.stack.port}").replace(
            "localhost:8421", f"localhost:{self.stack.vault_port}")

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self._base | self.mine, capture_output=True, text=True,
                              timeout=_SECONDS)
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
        return done.stdout


def variables(source: str) -> list[str]:
    """The names after `$`, in their order."""
    return list(dict.fromkeys(re.findall(r"\$([A-Z_]+)", source)))


def documents(printed: str) -> list[Any]:
    """Every JSON document in what commands printed one after another, each on one line or laid out for people."""
    found, rest = [], printed.strip()
    while rest:
        one, end = json.JSONDecoder().raw_decode(rest)
        found.append(one)
        rest = rest[end:].lstrip()
    return found
