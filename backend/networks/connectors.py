"""Which connector speaks what. A new one is a file beside this, a line of `PROTOCOLS`, and a rig in the suite that all
pass (tests/integration/test_connectors.py)."""

from collections.abc import Callable, Mapping

from backend.clock import Clock
from backend.config import Address, Settings
from backend.networks.bank import Bank
from backend.networks.iso8583 import Iso8583Connector
from backend.networks.port import Connector

PROTOCOLS: Mapping[str, Callable[[str, Address, Clock], Connector]] = {
    "iso8583": lambda name, at, clock: Iso8583Connector(name, at.host, at.port, clock=clock),
}
"""What stands before `://` in ACQUIRERS -> the connector of an acquirer of that name; without one it is iso8583."""


def trouble(settings: Settings) -> str | None:
    """The sentence about an acquirer whose protocol nobody speaks, or None."""
    for name, at in settings.acquirer_addresses.items():
        if at.protocol not in PROTOCOLS:
            return (f"ACQUIRERS says that {name} speaks {at.protocol}, and there is no connector for that; there are: "
                    f"{', '.join(PROTOCOLS)}.")
    return None


def made(settings: Settings, clock: Clock) -> dict[str, Connector]:
    """The connectors of all acquirers, and of the bank, by name; nothing is opened yet."""
    return {**{name: PROTOCOLS[at.protocol](name, at, clock) for name, at in settings.acquirer_addresses.items()},
            Bank.name: Bank(settings.bank_internal)}
