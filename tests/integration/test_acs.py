"""The issuer's 3-D Secure: authentication requests, challenges, and the result that the merchant's server reads."""

import base64
import json
import re
import signal
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backend.networks.iso8583 import Iso8583Connector
from backend.networks.port import Card, Outcome, ThreeDSecure
from tests.network import Network

CARD = "4000002760003184"
NOTIFY = "http://pay.localhost:8420/3ds/return"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    running = Network(tmp_path_factory.mktemp("network")).start()
    yield running
    running.stop()


def packed(message: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(message).encode()).decode().rstrip("=")


class Shopper:
    """One authentication, as the merchant's server and the shopper's browser see it."""

    def __init__(self, network: Network, card: str = CARD, **more: str) -> None:
        self.network = network
        self.areq = {
            "messageType": "AReq", "messageVersion": "2.2.0", "threeDSServerTransID": str(uuid.uuid4()),
            "acctNumber": card, "cardExpiryDate": "3412", "purchaseAmount": "129900", "purchaseCurrency": "840",
            "purchaseExponent": "2", "purchaseDate": "20261121120000", "merchantName": "Fern <b>&</b> Oak",
            "mcc": "5712", "notificationURL": NOTIFY, "deviceChannel": "02", "browserUserAgent": "test", **more}
        self.reply = httpx2.post(f"{network.base}/3ds/areq", json=self.areq)
        self.ares: dict[str, Any] = self.reply.json()

    def arrive(self, **more: str) -> httpx2.Response:
        creq = {"messageType": "CReq", "threeDSServerTransID": self.areq["threeDSServerTransID"],
                "acsTransID": self.ares["acsTransID"], "messageVersion": "2.2.0", "challengeWindowSize": "05", **more}
        return httpx2.post(f"{self.network.base}/acs/challenge",
                           data={"creq": packed(creq), "threeDSSessionData": "c2Vzc2lvbg"})

    def press(self, action: str, **fields: Any) -> httpx2.Response:
        return httpx2.post(f"{self.network.base}/acs/{self.ares['acsTransID']}", data={"action": action, **fields},
                           follow_redirects=True)

    @property
    def result(self) -> dict[str, Any] | None:
        reply = httpx2.get(f"{self.network.base}/3ds/results/{self.areq['threeDSServerTransID']}")
        assert reply.status_code in (200, 404)
        return reply.json() if reply.status_code == 200 else None


def sent_back(page: httpx2.Response) -> dict[str, str]:
    """The CRes inside the page that posts itself back."""
    assert f'action="{NOTIFY}"' in page.text
    assert 'name="threeDSSessionData" value="c2Vzc2lvbg"' in page.text
    text = re.search(r'name="cres" value="([^"]+)"', page.text)
    assert text is not None
    return json.loads(base64.urlsafe_b64decode(text[1] + "=" * (-len(text[1]) % 4)))


@pytest.mark.parametrize(("card", "status", "eci"), [
    ("4000000032200000", "Y", "05"), ("4242424242424242", "A", "06"), ("5555555555554444", "A", "01"),
    ("4000008400001280", "U", "07"), ("4000000000003097", "U", "07"), ("378282246310005", "U", "07"),
])
def test_some_cards_are_answered_without_a_challenge(network: Network, card: str, status: str, eci: str) -> None:
    shopper = Shopper(network, card)
    assert (shopper.ares["messageType"], shopper.ares["transStatus"], shopper.ares["eci"]) == ("ARes", status, eci)
    assert len(base64.b64decode(shopper.ares.get("authenticationValue", ""))) == (20 if status in "YA" else 0)
    assert shopper.result
    assert shopper.result["transStatus"] == status
    assert shopper.arrive().status_code == 404


@pytest.mark.parametrize("card", [CARD, "4000002500003155", "4000000000003220", "4000008400000027", "4000003800000446",
                                  "4000008260003178", "4000008400001629", "4000000000003055", "4000582600000094"])
def test_some_cards_are_challenged(network: Network, card: str) -> None:
    shopper = Shopper(network, card)
    assert shopper.ares["transStatus"] == "C"
    assert shopper.ares["acsURL"].endswith("/acs/challenge")
    assert "authenticationValue" not in shopper.ares
    assert shopper.result is None


def test_ranges_tell_who_is_enrolled(network: Network) -> None:
    rows = {row["startRange"]: row["three_ds"] for row in httpx2.get(f"{network.base}/3ds/ranges").json()}
    assert rows[CARD] == "required"
    assert rows["4000003800000446"] == "set_up"
    assert rows["4000000000003055"] == "optional"
    assert rows["378282246310005"] == "not_supported"
    assert "4242424242424242" not in rows


def test_the_page_shows_the_payment_and_is_well_protected(network: Network) -> None:
    page = Shopper(network, threeDSRequestorURL="https://shop.example").arrive()
    assert page.status_code == 200
    for piece in ("Fern &lt;b&gt;&amp;&lt;/b&gt; Oak", "1,299.00 USD", "3184", 'autocomplete="one-time-code"',
                  'id="test-source-authorize-3ds"', 'id="test-source-fail-3ds"'):
        assert piece in page.text
    assert CARD not in page.text
    assert not re.search(r"<script>|\son\w+=|style=", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://pay.localhost:8420;" in policy
    assert ("frame-ancestors http://pay.localhost:8420 http://js.localhost:8421 https: http://localhost:* "
            "http://*.localhost:* http://127.0.0.1:* https://shop.example;") in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


async def test_a_right_code_gives_a_proof_that_the_issuer_honours(network: Network) -> None:
    shopper = Shopper(network)
    shopper.arrive()
    assert "2 tries left" in shopper.press("submit", code="000000").text
    cres = sent_back(shopper.press("submit", code="123 456"))
    assert (cres["messageType"], cres["transStatus"]) == ("CRes", "Y")
    rreq = shopper.result
    assert rreq is not None
    assert (rreq["messageType"], rreq["transStatus"], rreq["eci"], rreq["interactionCounter"]) == (
        "RReq", "Y", "05", "02")
    assert (rreq["purchaseAmount"], rreq["purchaseCurrency"], rreq["acctNumberLast4"]) == ("129900", "840", "3184")
    connector = Iso8583Connector("alder", "127.0.0.1", network.alder)
    proof = ThreeDSecure(rreq["eci"], rreq["authenticationValue"], rreq["dsTransID"])
    outcomes = []
    for number, given in ((CARD, proof), (CARD, None), ("4000000000003220", proof)):
        answer = await connector.authorize(
            key=uuid.uuid4().hex * 2, card=Card(number, 12, 2034), amount=129900, currency="usd", merchant_id="acct_1",
            merchant_name="Fern", three_d_secure=given, capture=True, deadline=5)
        outcomes.append((answer.outcome, answer.response_code))
    await connector.close()
    assert outcomes == [(Outcome.APPROVED, "00"), (Outcome.DECLINED, "1A"), (Outcome.DECLINED, "1A")]


def test_three_wrong_codes_are_the_end(network: Network) -> None:
    shopper = Shopper(network)
    shopper.arrive()
    for _ in range(2):
        assert "not right" in shopper.press("submit", code="111111").text
    assert sent_back(shopper.press("submit", code="111111"))["transStatus"] == "N"
    assert sent_back(shopper.press("submit", code="123456"))["transStatus"] == "N"
    assert shopper.result
    assert (shopper.result["transStatus"], shopper.result["transStatusReason"]) == ("N", "19")
    assert "authenticationValue" not in shopper.result


def test_codes_are_sent_again_three_times(network: Network) -> None:
    shopper = Shopper(network)
    shopper.arrive()
    for _ in range(3):
        assert "new code" in shopper.press("resend").text
    assert "most codes" in shopper.press("resend").text


@pytest.mark.parametrize(("action", "status", "cancel"), [("complete", "Y", None), ("fail", "N", None),
                                                          ("cancel", "N", "01")])
def test_buttons_end_the_challenge_once(network: Network, action: str, status: str, cancel: str | None) -> None:
    shopper = Shopper(network)
    shopper.arrive()
    first = shopper.press(action)
    assert sent_back(first)["transStatus"] == status
    assert "already finished" not in first.text
    assert sent_back(shopper.press("fail" if status == "Y" else "complete"))["transStatus"] == status
    again = shopper.arrive()
    assert "already finished" in again.text
    assert sent_back(again)["transStatus"] == status
    assert shopper.result
    assert (shopper.result["transStatus"], shopper.result.get("challengeCancel")) == (status, cancel)
    assert shopper.result["interactionCounter"] == "01"


@pytest.mark.parametrize(("card", "wrong", "right"), [
    ("4000582600000045", {"code": "1"}, {"code": "123456"}),
    ("4000582600000102", {"choice": "porto"}, {"choice": "lisbon"}),
    ("4000582600000110", {"choice": ["groceries"]}, {"choice": ["train", "groceries"]}),
])
def test_each_kind_of_challenge_can_be_answered(network: Network, card: str, wrong: dict[str, Any],
                                                right: dict[str, Any]) -> None:
    shopper = Shopper(network, card)
    shopper.arrive()
    assert "not right" in shopper.press("submit", **wrong).text
    assert sent_back(shopper.press("submit", **right))["transStatus"] == "Y"


def test_out_of_band_waits_for_the_app(network: Network) -> None:
    shopper = Shopper(network, "4000582600000094")
    assert "Approve in your app" in shopper.arrive().text
    assert "not seen your approval" in shopper.press("submit").text
    shopper.press("approve_app")
    assert sent_back(shopper.press("submit"))["transStatus"] == "Y"


@pytest.mark.parametrize("change", [
    {"messageType": "PReq"}, {"acctNumber": "4242424242424241"}, {"purchaseAmount": "-5"}, {"purchaseCurrency": "000"},
    {"notificationURL": "javascript:alert(1)"}, {"notificationURL": "http://x; script-src *"}, {"merchantName": ""},
    {"threeDSServerTransID": "1"}, {"notificationURL": "http://a b/"},
])
def test_a_bad_request_is_refused_in_the_standards_words(network: Network, change: dict[str, str]) -> None:
    shopper = Shopper(network, **change)
    assert shopper.reply.status_code == 400
    assert shopper.ares["messageType"] == "Erro"
    assert shopper.ares["errorDetail"] == next(iter(change))


def test_an_id_stands_for_one_transaction(network: Network) -> None:
    shopper = Shopper(network)
    server_id = shopper.areq["threeDSServerTransID"]
    assert Shopper(network, threeDSServerTransID=server_id).ares == shopper.ares
    other = Shopper(network, threeDSServerTransID=server_id, purchaseAmount="1")
    assert (other.reply.status_code, other.ares["errorCode"]) == (400, "305")


def test_a_creq_for_another_transaction_finds_nothing(network: Network) -> None:
    shopper, other = Shopper(network), Shopper(network)
    assert shopper.arrive(threeDSServerTransID=other.areq["threeDSServerTransID"]).status_code == 404
    assert shopper.arrive(acsTransID=str(uuid.uuid4())).status_code == 404
    assert httpx2.post(f"{network.base}/acs/challenge", data={"creq": "%%%"}).status_code == 404


def test_a_result_survives_kill_9_and_holds_no_card_number(network: Network) -> None:
    done, open_one = Shopper(network), Shopper(network)
    for shopper in (done, open_one):
        shopper.arrive()
    done.press("complete")
    before = done.result
    network.stop(signal.SIGKILL)
    network.start()
    assert done.result == before
    assert open_one.result is None
    assert sent_back(open_one.press("complete"))["transStatus"] == "Y"
    assert CARD not in (network.folder / "sandbox" / "acs.jsonl").read_text()


def test_the_index_lists_the_test_cards(network: Network) -> None:
    page = httpx2.get(f"{network.base}/")
    assert "4242 4242 4242 4242" in page.text
    assert httpx2.get(f"{network.base}/static/bank.css").status_code == 200
