"""Who is connected to a process, how many may be, and who makes room when the places run out.

Without a bound a few thousand connections take every file descriptor of the process, and nobody else is let in (attack
A24). A reverse proxy on this machine brings everybody's connections from one address, so 127.0.0.1 and ::1 are not
counted by address, nor is whoever FORWARDED_ALLOW_IPS names; the bound over all still holds.
"""

import resource
from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol

FILES_MAX = 65_536
_FILES_KEPT = 256
"""Descriptors that stay for everything that is no connection to a door: databases, logs, the vault's line."""
_PROXIES = frozenset({"127.0.0.1", "::1"})
_MADE_AT_ONCE = 64


class Connection(Protocol):
    """What is asked of a connection."""

    @property
    def host(self) -> str: ...

    def waits_since(self) -> tuple[int, float] | None:
        """How bad it is and since when: (0, time) its answer is not read, (1, time) it asks for nothing; None: busy."""

    def drop(self) -> None:
        """End it without a word."""


class Connections:
    """The connections of one process. `per_address` 0 is no bound."""

    def __init__(self, most: int = 4096, per_address: int = 0, trusted: Iterable[str] = ()) -> None:
        self.most, self._per_address = most, per_address
        self._trusted = [found for one in (*_PROXIES, *trusted) for found in _networks(one)]
        self.open: set[Connection] = set()
        self._from: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self.open)

    def refusal(self, one: Connection) -> int | None:
        """The status with which a new connection is refused, or None: then it is counted until `leave`.

        429: its address has too many. 503: all places are taken, and nobody who has one just waits.
        """
        address = network(one.host)
        if self._per_address and self._from[address] >= self._per_address and not self._trusts(one.host):
            return 429
        if len(self.open) >= self.most:
            self._make_room()
        if len(self.open) >= self.most:
            return 503
        self.open.add(one)
        self._from[address] += 1
        return None

    def _trusts(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in one for one in self._trusted)

    def leave(self, one: Connection) -> None:
        """It has ended; also for one that was refused."""
        if one in self.open:
            self.open.remove(one)
            address = network(one.host)
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]

    def _make_room(self) -> None:
        """End some that only wait, those that do not read first, the longest first: never one whose request is at
        work. Several at once, so that a flood does not look through all of them for each newcomer."""
        waiting = sorted((since, place, one) for place, one in enumerate(self.open)
                         if (since := one.waits_since()) is not None)
        for _, _, one in waiting[:_MADE_AT_ONCE]:
            self.leave(one)
            one.drop()


def _networks(trusted: str) -> list[IPv4Network | IPv6Network]:
    """What an entry of FORWARDED_ALLOW_IPS means: an address, a network, `*` for all; a name means nothing here."""
    if trusted == "*":
        return [ip_network("0.0.0.0/0"), ip_network("::/0")]
    try:
        return [ip_network(trusted, strict=False)]
    except ValueError:
        return []


def network(host: str) -> str:
    """What counts as one address: in IPv6 a /64, for that is what one customer gets."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and host not in _PROXIES:
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return host


def places() -> int:
    """Connections that the process has descriptors for, after asking the system for as many as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(64, (FILES_MAX if soft == resource.RLIM_INFINITY else soft) - _FILES_KEPT)
