"""URLs that a user gave, parsed strictly: what is left has one reading only. Source: security rule 18, attack A10."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from backend.webhooks import addresses
from backend.webhooks.addresses import Address

PORTS = {"http": 80, "https": 443}
LENGTH_MAX = 2048
OURS = "The URL leads to a port of Farthing itself, which takes no webhooks: use another port."

_URL = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_V4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INSIDE = ("localhost", "local", "localdomain", "internal", "intranet", "corp", "lan", "home", "private",
           "home.arpa", "in-addr.arpa", "ip6.arpa", "onion", "invalid")


class Refused(Exception):
    """The URL or the address it leads to is not allowed; the message is a sentence for the merchant."""


class Inside(Refused):
    """It leads to this machine or its network, which a development machine may allow."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: `address` is set when the host was written as a number."""

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def url(self) -> str:
        """The URL as it is requested: no fragment, no default port."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse(url: str, *, livemode: bool, private: bool = False, loopback: bool = False,
          taken: frozenset[int] = frozenset(), own: frozenset[Address] = frozenset()) -> Target:
    """Take a URL apart; raises Refused for whatever is not plainly an allowed address on the public internet.

    `private` allows private addresses by name or number, and other ports on this machine; `loopback` only the latter.
    `taken` are the ports of this machine that are our own.
    """
    if len(url) > LENGTH_MAX or not _URL.fullmatch(url):
        raise Refused("The URL is too long or has characters that must be percent-encoded; write a host name "
                      "outside ASCII in its xn-- form.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Refused("The URL cannot be read.") from None
    if parts.scheme not in PORTS or "://" not in url:
        raise Refused("The URL must begin with https://.")
    if parts.scheme == "http" and livemode:
        raise Refused("In live mode the URL must begin with https://.")
    if "@" in parts.netloc:
        raise Refused("The URL must not contain a user name or a password.")
    address = _host(host, parts.netloc, private=private, loopback=loopback, own=own)
    target = Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port,
                    (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), address)
    local = address.is_loopback if address else _inside(host)
    if local and target.port in taken:
        raise Refused(OURS)
    if target.port not in PORTS.values() and not ((private or loopback) and local and target.port):
        raise Refused("Only the ports 80 and 443 may be used.")
    return target


def _host(host: str, netloc: str, *, private: bool, loopback: bool, own: frozenset[Address]) -> Address | None:
    """Check the host; returns its address when it is one. Odd spellings of addresses are refused, not read."""
    if "[" in netloc or _V4.fullmatch(host):
        try:
            address = ip_address(host)
        except ValueError:
            raise Refused("The address in the URL cannot be read.") from None
        if isinstance(address, IPv4Address) == ("[" in netloc) or getattr(address, "scope_id", None):
            raise Refused("The address in the URL cannot be read.")
        if not addresses.allowed(address, private=private, loopback=loopback, own=own):
            kind = addresses.kind(address, own)
            raise (Inside if kind in addresses.PRIVATE else Refused)(
                "The URL leads to an address that is not on the public internet.")
        return address
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused("The host name in the URL is not valid.")
    if _NUMBER.fullmatch(labels[-1]):
        raise Refused("Write a numeric address as four decimal numbers.")
    if not private and (len(labels) == 1 or _inside(host)) and not (loopback and labels[-1] == "localhost"):
        raise Inside("The URL leads to a host that is not on the public internet.")
    return None


def _inside(host: str) -> bool:
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in _INSIDE)
