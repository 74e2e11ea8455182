"""Whether an address can exist: where a browser or a program of ours could be sent. Source: RFC 3986, WHATWG URL."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def reachable(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether a browser could be sent there."""
    if not text.isprintable() or re.search(r"[\s\\<>\"]", text):
        return False
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in schemes and "@" not in parts.netloc and port != 0 and _is_host(host, "[" in parts.netloc)


def _is_host(host: str, bracketed: bool) -> bool:
    """A name of labels, in any script, or an address as it is usually written."""
    try:
        if bracketed:
            return IPv6Address(host).version == 6
        name = host.removesuffix(".").encode("idna").decode()
        last = name.rpartition(".")[2]
        if last.isdigit() or re.fullmatch("0x[0-9a-f]*", last):  # browsers read such a name as a number
            return str(IPv4Address(name)) == name
    except ValueError:
        return False
    return len(name) <= 253 and all(map(_LABEL.fullmatch, name.split(".")))
