"""The table of attack A10 and experiment E22: what a user's URL may and may not name."""

from ipaddress import ip_address

import pytest

from backend.webhooks import addresses, targets
from backend.webhooks.targets import Refused

OWN = frozenset({ip_address("93.184.216.34"), ip_address("2606:2800:220:1::1")})

FORBIDDEN = {
    "127.0.0.1": "loopback", "127.1.2.3": "loopback", "127.255.255.254": "loopback", "0.0.0.0": "this_network",
    "0.1.2.3": "this_network", "10.0.0.1": "private", "10.255.255.255": "private", "172.16.0.1": "private",
    "172.31.255.254": "private", "192.168.0.1": "private", "192.168.255.255": "private", "100.64.0.1": "shared",
    "100.127.255.254": "shared", "169.254.0.1": "link_local", "169.254.169.254": "metadata",
    "100.100.100.200": "metadata", "168.63.129.16": "metadata", "192.0.0.1": "reserved", "192.0.0.192": "metadata",
    "192.0.2.1": "documentation", "198.51.100.7": "documentation", "203.0.113.9": "documentation",
    "192.88.99.1": "6to4", "198.18.0.1": "benchmark", "198.19.255.255": "benchmark", "224.0.0.1": "multicast",
    "239.255.255.250": "multicast", "240.0.0.1": "reserved", "255.255.255.255": "reserved",
    "::": "unspecified", "::1": "loopback", "::ffff:127.0.0.1": "ipv4_mapped", "::ffff:8.8.8.8": "ipv4_mapped",
    "::ffff:169.254.169.254": "ipv4_mapped", "::ffff:0:127.0.0.1": "ipv4_translated", "::127.0.0.1": "ipv4_compatible",
    "::a00:1": "ipv4_compatible", "64:ff9b::7f00:1": "nat64", "64:ff9b::a9fe:a9fe": "nat64", "64:ff9b:1::1": "nat64",
    "100::1": "discard", "2001::1": "teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2": "teredo",
    "2001:db8::1": "documentation", "2001:10::1": "protocol", "2001:20::1": "protocol", "2002:7f00:1::": "6to4",
    "2002:a9fe:a9fe::1": "6to4", "3fff::1": "documentation", "5f00::1": "segment_routing", "fc00::1": "unique_local",
    "fd00:ec2::254": "unique_local", "fe80::1": "link_local", "fec0::1": "site_local", "ff02::1": "multicast",
    "4000::1": "reserved", "2600:1:2:3:0:5efe:127.0.0.1": "isatap", "2600:1:2:3:200:5efe:10.0.0.1": "isatap",
    "93.184.216.34": "own", "2606:2800:220:1::1": "own",
}
GLOBAL = ("8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "169.253.255.255",
          "192.167.255.255", "198.17.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1",
          "2001:4860:4860::8888")

ODD = ["http://0x7f.1/", "http://0x7f000001/", "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/",
       "http://127.1/", "http://127.0.1/", "http://127.0.0.01/", "http://0/", "http://1.2.3.4.5/", "http://256.1.1.1/",
       "http://0x/", "http://a.0x7f/", "http://[::1%25lo]/", "http://[::1%lo]/", "http://[]/",
       "http://[127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1/", "http://127。0。0。1/"]
BAD = ["gopher://example.com/", "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)", "//example.com/",
       "example.com", "", "http://", "https:///x", "http:example.com", "http://user:pw@example.com/",
       "http://example.com@127.0.0.1/", "http://@example.com/", "http://example.com:6379/", "http://example.com:22/",
       "http://example.com:0/", "http://example.com:99999/", "http://example.com:-1/", "http://example.com:8x/",
       "http://exa mple.com/", "http://example.com/\r\nHost: x", "http://example.com\\@127.0.0.1/",
       "http://example.com/\x00", "http://.example.com/", "http://example..com/", "http://-x.example.com/",
       "http://" + "a" * 64 + ".com/", "http://" + "a." * 130 + "com/", "https://example.com/" + "a" * 2048,
       "http://exämple.com/"]
INSIDE = ["http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://redis/", "http://metadata/",
          "http://metadata.google.internal/", "http://printer.local/", "http://x.home.arpa/", "http://db.corp/"]


@pytest.mark.parametrize(("text", "kind"), FORBIDDEN.items())
def test_no_forbidden_address_passes(text, kind):
    address = ip_address(text)
    assert addresses.kind(address, OWN) == kind
    assert not addresses.allowed(address, private=False, own=OWN)
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(Refused):
        targets.parse(f"http://{host}/", livemode=False, own=OWN)


@pytest.mark.parametrize("text", GLOBAL)
def test_public_addresses_pass(text):
    assert addresses.allowed(ip_address(text), private=False, own=OWN)
    host = f"[{text}]" if ":" in text else text
    assert targets.parse(f"https://{host}/", livemode=True, own=OWN).address == ip_address(text)


@pytest.mark.parametrize("url", ODD + BAD)
@pytest.mark.parametrize("private", [False, True])
def test_odd_and_malformed_urls_are_refused_everywhere(url, private):
    with pytest.raises(Refused):
        targets.parse(url, livemode=False, private=private)


@pytest.mark.parametrize("url", INSIDE)
def test_names_inside_are_refused_unless_the_switch_is_on(url):
    with pytest.raises(Refused):
        targets.parse(url, livemode=False)
    assert targets.parse(url, livemode=False, private=True)


@pytest.mark.parametrize("text", ["169.254.169.254", "::ffff:127.0.0.1", "224.0.0.1", "64:ff9b::7f00:1", "0.0.0.0"])
def test_the_switch_opens_private_addresses_and_no_others(text):
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(Refused):
        targets.parse(f"http://{host}/", livemode=False, private=True)


def test_other_ports_are_for_this_machine_only():
    assert targets.parse("http://127.0.0.1:3000/hook", livemode=False, private=True).port == 3000
    assert targets.parse("http://localhost:3000/hook", livemode=False, private=True).port == 3000
    with pytest.raises(Refused):
        targets.parse("http://192.168.1.5:3000/hook", livemode=False, private=True)
    with pytest.raises(Refused):
        targets.parse("http://example.com:3000/hook", livemode=False, private=True)


def test_a_trailing_dot_changes_nothing():
    with pytest.raises(Refused):
        targets.parse("http://127.0.0.1./", livemode=False)
    with pytest.raises(Refused):
        targets.parse("http://localhost./", livemode=False)
    assert targets.parse("https://example.com./x", livemode=True).url == "https://example.com/x"


def test_live_mode_asks_for_https():
    with pytest.raises(Refused):
        targets.parse("http://example.com/", livemode=True)
    assert targets.parse("https://example.com:443/a?b=c#d", livemode=True).url == "https://example.com/a?b=c"
