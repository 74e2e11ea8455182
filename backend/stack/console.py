"""What the person at the terminal sees: plain lines, the errors of the children, and the addresses at the end."""

import json
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from backend.logs import redact
from backend.stack.children import Child
from backend.stack.start import gist

_LINES_MAX, _WINDOW_SECONDS = 6, 10.0
_EVERY_SECONDS = 1.0
_LEVELS = {"error", "critical"}


def say(text: str) -> None:
    """One line to the terminal; a closed terminal must not stop the payments."""
    with suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class Errors:
    """Follows the logs of the children and shows their errors, a few at a time."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._read: dict[str, int] = {}
        self._shown: deque[float] = deque(maxlen=_LINES_MAX)
        self._hidden = 0
        self._due = 0.0

    def show(self) -> None:
        """Print what is new, at most once a second."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _EVERY_SECONDS
        for child in self._children:
            for line in self._new_lines(child):
                summary = summarise(line)
                if summary:
                    self._print(f"  [{child.name}] {summary}", now)

    def _print(self, text: str, now: float) -> None:
        if len(self._shown) == _LINES_MAX and now - self._shown[0] < _WINDOW_SECONDS:
            self._hidden += 1
            return
        if self._hidden:
            say(f"  … and {self._hidden} more errors in the log files")
            self._hidden = 0
        self._shown.append(now)
        say(redact(text))

    def _new_lines(self, child: Child) -> list[str]:
        with suppress(OSError), child.log.open("rb") as file:
            size = child.log.stat().st_size
            at = self._read.get(child.name, child.log_from)
            file.seek(at if at <= size else 0)
            data = file.read(256 * 1024)
            whole = data[: data.rfind(b"\n") + 1]
            self._read[child.name] = file.tell() - len(data) + len(whole)
            return whole.decode(errors="replace").splitlines()
        return []


def summarise(line: str) -> str:
    """The gist of a log line when it is an error, else ''."""
    if line.startswith("{"):
        with suppress(ValueError):
            return gist(line) if json.loads(line).get("level") in _LEVELS else ""
    return gist(line) if any(word in line for word in (" PANIC: ", " FATAL: ")) else ""


def greeting(values: Mapping[str, Any], seconds: float, folder: str, *, loopback_webhooks: bool = False,
             mails: str = "", unknown: Sequence[str] = ()) -> str:
    """The lines after a successful start. Whatever address stands here answers; `mails` says where mails leave to, when
    it is not the sandbox's mailbox; `unknown` are host names that this machine does not resolve, though every browser
    does."""
    receivers = ("test webhooks may go to this machine, any port but Farthing's own" if loopback_webhooks else
                 "only to the public internet; FARTHING_ALLOW_PRIVATE_WEBHOOKS=true opens this machine")
    second = values["second_merchant"]
    return "\n".join((
        f"\nFarthing is running (started in {seconds:.1f} s). Ctrl-C stops it.\n",
        f"  Portal           {values['portal_url']}",
        f"    e-mail         {values['portal_email']}",
        f"    password       {values['portal_password']}",
        f"  API              {values['api_base']} (paths begin with /v1)",
        f"    secret key     {values['secret_key']}",
        f"    public key     {values['publishable_key']}",
        f"  Vault            {values['vault_url']} (base address for servers that send card numbers themselves)",
        f"  Checkout         {values['checkout_url']}",
        f"  Sandbox bank     {values['bank_url']}",
        f"  Mails            {mails or values['bank_url'] + '/mail'}",
        f"  Demo shop        {values['shop_url']} (buy something: card 4242 4242 4242 4242, any future date, any CVC)",
        f"  Webhooks         {receivers}",
        *(() if not unknown else (
            f"  Names            browsers know {', '.join(unknown)}; for other programs add to /etc/hosts:",
            f"                   127.0.0.1 {' '.join(unknown)}")),
        f"  Documentation    {values['api_base']}/docs\n",
        f"  A second merchant, who sees nothing of the first: {second['name']}",
        f"    e-mail         {second['portal_email']}",
        f"    password       {second['portal_password']}",
        f"    secret key     {second['secret_key']}\n",
        f"  The same values are in {folder}/sandbox.json; logs are in {folder}/logs.\n",
    ))
