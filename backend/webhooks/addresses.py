"""Which addresses a request on a user's behalf may go to: an explicit list, never Python's own opinion.

`ipaddress.is_global` was wrong before 3.12.4 (CVE-2024-4032). Source: security rule 18; the IANA special-purpose
registries of IPv4 and IPv6; attack A10.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

GLOBAL = "global"
PRIVATE = frozenset({"loopback", "private", "unique_local", "own"})
"""Kinds that a development machine may allow; all others are refused even there."""
LOOPBACK = frozenset({"loopback"})

_V4 = [(IPv4Network(network), kind) for network, kind in (
    ("169.254.169.254/32", "metadata"), ("168.63.129.16/32", "metadata"), ("100.100.100.200/32", "metadata"),
    ("192.0.0.192/32", "metadata"),
    ("0.0.0.0/8", "this_network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared"),
    ("127.0.0.0/8", "loopback"), ("169.254.0.0/16", "link_local"), ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"), ("192.0.2.0/24", "documentation"), ("192.88.99.0/24", "6to4"),
    ("192.168.0.0/16", "private"), ("198.18.0.0/15", "benchmark"), ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"))]

_V6 = [(IPv6Network(network), kind) for network, kind in (
    ("fd00:ec2::/32", "metadata"), ("fd20:ce::254/128", "metadata"), ("fd00:c1::a9fe:a9fe/128", "metadata"),
    ("fd00:42::42/128", "metadata"),
    ("::/128", "unspecified"), ("::1/128", "loopback"), ("::ffff:0:0/96", "ipv4_mapped"),
    ("::ffff:0:0:0/96", "ipv4_translated"), ("::/96", "ipv4_compatible"),
    ("64:ff9b::/96", "nat64"), ("64:ff9b:1::/48", "nat64"), ("100::/64", "discard"),
    ("2001::/32", "teredo"), ("2001:db8::/32", "documentation"), ("2001::/23", "protocol"), ("2002::/16", "6to4"),
    ("3fff::/20", "documentation"), ("5f00::/16", "segment_routing"), ("fc00::/7", "unique_local"),
    ("fe80::/10", "link_local"), ("fec0::/10", "site_local"), ("ff00::/8", "multicast"))]

_V6_GLOBAL = IPv6Network("2000::/3")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def kind(address: Address, own: frozenset[Address] = frozenset()) -> str:
    """`global`, or what else it is; `own` are the addresses of this machine."""
    if isinstance(address, IPv4Address):
        found = next((name for network, name in _V4 if address in network), None)
    else:
        found = next((name for network, name in _V6 if address in network), None)
        if found is None and address not in _V6_GLOBAL:
            found = "reserved"
        if found is None and (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
            found = "isatap"
    if found is None and address in own:
        return "own"
    return found or GLOBAL


def allowed(address: Address, *, private: bool, loopback: bool = False, own: frozenset[Address] = frozenset()) -> bool:
    """True when a request may go there; `private` is the switch of a development machine, `loopback` what a stack that
    nobody else can reach allows by itself."""
    name = kind(address, own)
    return name == GLOBAL or (private and name in PRIVATE) or (loopback and name in LOOPBACK)
