"""The table of attack A10 and experiment E22: what a user's URL may and may not name."""

from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from backend.config import Settings
from backend.context import Context, Environment
from backend.errors import InvalidRequest
from backend.webhooks import addresses, endpoints, targets
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
    "fd00:ec2::254": "metadata", "fd00:ec2::253": "metadata", "fd20:ce::254": "metadata", "fd00:42::42": "metadata",
    "fd00:c1::a9fe:a9fe": "metadata", "fe80::1": "link_local", "fec0::1": "site_local", "ff02::1": "multicast",
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


@pytest.mark.parametrize("text", ["169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200",
                                  "::ffff:127.0.0.1", "224.0.0.1", "64:ff9b::7f00:1", "0.0.0.0"])
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


HOME = ("http://localhost:4242/hook", "http://127.0.0.1:4242/", "http://[::1]:4242/", "http://app.localhost:3000/",
        "http://127.8.8.8:9/", "http://localhost/", "https://localhost:4242/")


@pytest.mark.parametrize("url", HOME)
def test_a_stack_that_nobody_else_reaches_lets_test_webhooks_reach_this_machine(url):
    assert targets.parse(url, livemode=False, loopback=True).url == url
    with pytest.raises(targets.Inside):
        targets.parse(url, livemode=False)


@pytest.mark.parametrize("url", ["http://192.168.1.5/", "http://10.0.0.1:4242/", "http://printer.local/",
                                 "http://redis/", "http://example.com:4242/", "http://[fd00::1]/",
                                 "http://169.254.169.254/"])
def test_it_opens_this_machine_and_nothing_beside_it(url):
    with pytest.raises(Refused):
        targets.parse(url, livemode=False, loopback=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.9.9.9", "a.localhost"])
@pytest.mark.parametrize("mode", [{"private": True}, {"loopback": True}, {"private": True, "loopback": True}])
def test_our_own_ports_are_refused_in_every_mode(host, mode):
    for port in (8421, 80):
        with pytest.raises(Refused, match="port of Farthing itself"):
            targets.parse(f"http://{host}:{port}/", livemode=False, taken=frozenset({8421, 80}), **mode)
    assert targets.parse(f"http://{host}:8423/", livemode=False, taken=frozenset({8421}), **mode)


def test_which_settings_open_this_machine(monkeypatch):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)

    def opened(**given):
        found = Settings(**given)
        return found.private_webhooks, found.loopback_webhooks

    assert opened() == (False, True)
    assert opened(FARTHING_ALLOW_PRIVATE_WEBHOOKS="true") == (True, True)
    assert opened(FARTHING_ALLOW_PRIVATE_WEBHOOKS="false") == (False, False)
    assert opened(API_BASE="https://pay.example.com") == (False, False)
    assert opened(PAY_BASE="http://192.168.1.5:8420") == (False, False)
    assert opened(FARTHING_LIVE="true") == (False, False)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    assert opened() == (False, False)


@pytest.mark.parametrize(("livemode", "help"), [(False, "FARTHING_ALLOW_PRIVATE_WEBHOOKS=true"),
                                                (True, "public internet only")])
def test_the_refusal_of_an_address_inside_says_what_to_do(livemode, help):
    runtime = SimpleNamespace(settings=Settings(FARTHING_ALLOW_PRIVATE_WEBHOOKS="false"))
    ctx = Context(runtime=runtime, environment=Environment(1, livemode=livemode))
    for url in ("https://localhost:4242/", "https://192.168.1.5/"):
        with pytest.raises(InvalidRequest, match=help) as refusal:
            endpoints.check_url(ctx, url)
        assert (refusal.value.code, refusal.value.param) == ("url_invalid", "url")


def test_every_port_of_the_stack_is_its_own():
    found = Settings(PORT=1000, VAULT_PORT=2000, SANDBOX_PORT=3000, REDIS_URL="redis://127.0.0.1/0",
                     APP_DATABASE_URL="postgresql://app@localhost/farthing", ACQUIRERS="alder=127.0.0.1:7777",
                     DATABASE_URL="postgresql+psycopg://o@db:5555/x", BANK_INTERNAL="http://127.0.0.1:3999")
    assert found.own_ports == {1000, 2000, 2010, 3000, 3010, 3011, 3999, 5432, 5555, 6379, 7777}
    assert found.shop_port == 3001
