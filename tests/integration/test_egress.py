"""The egress guard against real listeners: what is forbidden is never dialled, whatever DNS says (E22, attack A10)."""

import asyncio
import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.webhooks.egress import BODY_BYTES_MAX, Egress, Failed, Refused, _Guarded, own_addresses
from tests.receivers import Receiver, status


def answers(*turns):
    """A resolver that gives the next of `turns` each time it is asked, the last one for ever."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return turns[min(len(asked), len(turns)) - 1]

    resolve.asked = asked
    return resolve


async def post(egress, url, body=b"{}", **options):
    return await egress.post(url, {"Content-Type": "application/json"}, body, livemode=False, **options)


@pytest.fixture
async def open_egress():
    egress = Egress(private=True)
    yield egress
    await egress.close()


TRICKS = ["127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254",
          "100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fc00::1"]


@pytest.mark.parametrize("address", TRICKS)
async def test_a_name_that_leads_inside_is_never_dialled(address):
    async with Receiver() as listener:
        guard = _Guarded(answers([address]), frozenset(), private=False)
        with pytest.raises(Refused):
            await guard.connect_tcp("hooks.example.com", listener.port, timeout=1)
        egress = Egress(resolve=answers([address]))
        with pytest.raises(Refused):
            await post(egress, "http://hooks.example.com/")
        await egress.close()
        assert listener.connections == 0


async def test_one_forbidden_address_among_good_ones_spoils_all():
    async with Receiver() as listener:
        guard = _Guarded(answers(["93.184.216.34", "127.0.0.1"]), frozenset(), private=False)
        with pytest.raises(Refused):
            await guard.connect_tcp("hooks.example.com", listener.port, timeout=1)
        assert listener.connections == 0


async def test_our_own_addresses_are_refused():
    for address in own_addresses():
        guard = _Guarded(answers([str(address)]), frozenset(own_addresses()), private=False)
        with pytest.raises(Refused):
            await guard.connect_tcp("hooks.example.com", 80, timeout=1)


async def test_a_rebinding_resolver_is_asked_once_and_its_first_answer_is_dialled():
    """The address that was checked is the one that is used: a second, other answer is never fetched."""
    resolve = answers(["127.0.0.1"], ["169.254.169.254"])
    async with Receiver() as listener:
        egress = Egress(private=True, resolve=resolve)
        reply = await post(egress, f"http://hooks.localhost:{listener.port}/x")
        assert (reply.status, resolve.asked) == (200, ["hooks.localhost"])
        assert listener.received[0].headers["host"] == f"hooks.localhost:{listener.port}"
        await egress.close()


async def test_a_name_that_rebinds_between_two_deliveries_is_refused_the_second_time():
    resolve = answers(["127.0.0.1"], ["169.254.169.254"])
    async with Receiver(answer=b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") as listener:
        egress = Egress(private=True, resolve=resolve)
        url = f"http://hooks.localhost:{listener.port}/x"
        assert (await post(egress, url)).status == 200
        with pytest.raises(Refused):
            await post(egress, url)
        assert listener.connections == 1
        await egress.close()


async def test_sockets_of_this_machine_are_not_reachable():
    with pytest.raises(Refused):
        await _Guarded(answers([]), frozenset(), private=True).connect_unix_socket("/run/x.sock")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirects_are_answers_and_not_followed(open_egress, code):
    async with Receiver() as inner, Receiver(answer=status(code, f"Location: {inner.url}")) as outer:
        assert (await post(open_egress, outer.url)).status == code
        assert inner.connections == 0


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    async with Receiver() as proxy, Receiver() as listener:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        egress = Egress(private=True)
        assert (await post(egress, listener.url)).status == 200
        assert (proxy.connections, listener.connections) == (0, 1)
        await egress.close()


async def test_the_body_is_read_up_to_its_cap(open_egress):
    written = 0

    async def pour(_, writer):
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
        for _ in range(160):
            writer.write(b"x" * 65536)
            written += 65536
            await writer.drain()

    async with Receiver(script=pour) as listener:
        reply = await post(open_egress, listener.url)
        assert (reply.status, len(reply.body)) == (200, BODY_BYTES_MAX)
    assert written < 10 * 1024 * 1024


async def test_endless_headers_are_cut_off(open_egress):
    async def flood(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            writer.write(b"X-%d: %s\r\n" % (number, b"y" * 1000))
            await writer.drain()

    async with Receiver(script=flood) as listener:
        with pytest.raises(Failed) as failure:
            await post(open_egress, listener.url)
        assert failure.value.code == "protocol"


@pytest.mark.parametrize("trickle", [False, True])
async def test_time_is_capped_also_when_the_answer_trickles(open_egress, trickle):
    async def slow(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" if trickle else b"")
        for _ in range(100):
            writer.write(b"x" if trickle else b"")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with Receiver(script=slow) as listener:
        with pytest.raises(Failed) as failure:  # an answer that came to its end would be cut, which has another name
            await post(open_egress, listener.url, timeout_seconds=0.4)
        assert failure.value.code == "timeout"


async def test_what_receivers_do_wrong_has_a_name(open_egress):
    async def reset(_, writer):
        writer.transport.abort()

    async def nonsense(_, writer):
        writer.write(b"SSH-2.0-nonsense\r\n\r\n")

    async with Receiver(script=reset) as one, Receiver(script=nonsense) as two, Receiver() as gone:
        closed = gone.port
        codes = []
        await gone.__aexit__()
        for port in (one.port, two.port, closed):
            with pytest.raises(Failed) as failure:
                await post(open_egress, f"http://127.0.0.1:{port}/")
            codes.append(failure.value.code)
        assert codes == ["reset", "protocol", "connect"]


async def test_a_host_that_does_not_resolve_is_a_failure_and_not_a_block():
    async def nothing(host, port):
        raise OSError("no such host")

    egress = Egress(resolve=nothing)
    with pytest.raises(Failed) as failure:
        await post(egress, "https://hooks.example.com/")
    assert failure.value.code == "dns"
    await egress.close()


def certificate(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server context with a fresh certificate for `name`, and a client context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256()))
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                               serialization.NoEncryption())
    return pem, secret


async def test_the_certificate_is_checked_for_the_name_and_sni_is_sent(tmp_path):
    pem, secret = certificate("hooks.localhost")
    (tmp_path / "cert.pem").write_bytes(pem + secret)
    server, seen = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    server.load_cert_chain(tmp_path / "cert.pem")
    server.sni_callback = lambda _, name, __: seen.append(name)
    client = ssl.create_default_context(cadata=pem.decode())
    async with Receiver(tls=server) as listener:
        egress = Egress(private=True, resolve=answers(["127.0.0.1"]), tls=client)
        assert (await post(egress, f"https://hooks.localhost:{listener.port}/")).status == 200
        assert seen == ["hooks.localhost"]
        with pytest.raises(Failed) as failure:
            await post(egress, f"https://other.localhost:{listener.port}/")
        assert failure.value.code == "tls"
        assert len(listener.received) == 1
        await egress.close()


def test_addresses_of_this_machine_are_found():
    assert ipaddress.ip_address("127.0.0.1") in own_addresses()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.0.0.9"])
@pytest.mark.parametrize("mode", [{"private": True}, {"loopback": True}])
async def test_a_name_that_leads_to_a_port_of_our_own_is_never_dialled(address, mode):
    async with Receiver() as listener:
        egress = Egress(resolve=answers([address]), taken=[listener.port], **mode)
        with pytest.raises(Refused, match="port of Farthing itself"):
            await post(egress, f"http://hooks.localhost:{listener.port}/")
        guard = _Guarded(answers([address]), frozenset(), private=True, taken=frozenset({listener.port}))
        with pytest.raises(Refused, match="port of Farthing itself"):
            await guard.connect_tcp("hooks.example.com", listener.port, timeout=1)
        await egress.close()
        assert listener.connections == 0


async def test_at_home_a_test_webhook_reaches_this_machine_and_a_live_one_does_not():
    """Not even over the line that the test webhook has just opened."""
    async with Receiver() as listener:
        egress = Egress(loopback=True, resolve=answers(["127.0.0.1"]))
        assert (await post(egress, f"http://localhost:{listener.port}/")).status == 200
        for url in (f"https://localhost:{listener.port}/", f"https://hooks.example.com:{listener.port}/",
                    "https://hooks.example.com/"):
            with pytest.raises(Refused):
                await egress.post(url, {}, b"{}", livemode=True)
        await egress.close()
        assert listener.connections == 1


@pytest.mark.parametrize("address", ["192.168.1.5", "10.0.0.1", "fd00::1", "169.254.169.254", "fd00:ec2::254"])
async def test_at_home_a_name_that_leads_into_the_network_is_refused(address):
    egress = Egress(loopback=True, resolve=answers([address]))
    with pytest.raises(Refused):
        await post(egress, "http://hooks.localhost/")
    await egress.close()
