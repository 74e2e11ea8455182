"""The private link: who may speak, what an authorisation answers, and that doubt is never called a decline."""

import asyncio
import struct
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import orjson
import pytest

from backend.networks.link import Refused, VaultLink, hello
from tests.stack import Schema
from tests.vaults import ACCOUNT, Vault, network_key, payment, vault_over


@pytest.fixture(scope="module")
def vault(postgres: Schema) -> Iterator[Vault]:
    with vault_over(postgres) as made:
        made.start()
        yield made


@pytest.fixture
async def link(vault: Vault) -> AsyncIterator[VaultLink]:
    line = vault.link()
    yield line
    await line.close()
    await asyncio.sleep(0)


async def token_for(link: VaultLink, vault: Vault, alias: str) -> str:
    return str((await link.call("alias", 5, env=vault.env, account=ACCOUNT, name=alias))["token"])


async def pay(link: VaultLink, vault: Vault, token: str, deadline: float = 5, **other: Any) -> dict[str, Any]:
    return await link.call("authorize", deadline, **payment(vault.env, token, **other))


# ---- who may speak


async def speak(vault: Vault, *frames: Any) -> bytes:
    """Send frames on a connection of our own; what came back until the vault hung up or fell silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", vault.settings.vault_link_port)
    for frame in frames:
        body = orjson.dumps(frame)
        writer.write(struct.pack(">I", len(body)) + body)
    try:
        return await asyncio.wait_for(reader.read(65536), 2)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


ASK = {"id": 1, "op": "echo", "connector": "alder", "deadline": 2}


@pytest.mark.parametrize("first", [{"hello": "0" * 64}, {"hello": ""}, {"hello": None}, {"hello": 1}, {}, [], ASK,
                                   "hello", hello(b"x" * 32)])
async def test_a_stranger_is_dropped_unheard(vault: Vault, first: Any) -> None:
    assert await speak(vault, first, ASK) == b""


async def test_the_right_word_opens_the_line(vault: Vault) -> None:
    answer = await speak(vault, hello(vault.settings.secret("vault-link")), ASK)
    assert orjson.loads(answer[4:]) == {"id": 1, "ok": {"alive": True}}
    pinged = await speak(vault, hello(vault.settings.secret("vault-link")), {"id": 2, "op": "ping", "deadline": 1})
    assert orjson.loads(pinged[4:]) == {"id": 2, "ok": {"alive": True}}


@pytest.mark.parametrize(("frame", "code"), [
    ({"op": "sell"}, "invalid_request_error"), ({"op": None}, "invalid_request_error"),
    ({"op": ["echo"]}, "invalid_request_error"), ({}, "invalid_request_error"),
    ({"op": "describe"}, "parameter_missing"), ({"op": "echo", "connector": "elm"}, "invalid_request_error"),
])
async def test_a_question_that_makes_no_sense_is_refused(vault: Vault, frame: dict[str, Any], code: str) -> None:
    answer = await speak(vault, hello(vault.settings.secret("vault-link")), {"id": 7} | frame)
    found = orjson.loads(answer[4:])
    assert (found["id"], found["error"]["code"]) == (7, code)


# ---- tokens


async def test_an_alias_becomes_a_fresh_token_each_time(link: VaultLink, vault: Vault) -> None:
    asked = {"env": vault.env, "account": ACCOUNT, "name": "pm_card_visa"}
    one, two = await link.call("alias", 5, **asked), await link.call("alias", 5, **asked)
    assert one["found"] is True
    assert one["token"] != two["token"]
    shown = await link.call("describe", 5, env=vault.env, token=one["token"])
    assert shown == {name: value for name, value in one.items() if name != "token"}
    assert set(shown["card"]) == {"brand", "last4", "exp_month", "exp_year", "country", "funding", "fingerprint",
                                  "networks", "display_brand", "three_ds", "iin", "renewals"}


async def test_an_unknown_alias_or_token_is_not_found(link: VaultLink, vault: Vault) -> None:
    asked = {"env": vault.env, "account": ACCOUNT, "name": "pm_card_nothing"}
    assert await link.call("alias", 5, **asked) == {"found": False}
    assert await link.call("describe", 5, env=vault.env, token="pm_x") == {"found": False}


async def test_there_are_no_test_cards_in_live_mode(link: VaultLink, vault: Vault) -> None:
    asked = {"env": vault.env, "account": ACCOUNT, "name": "pm_card_visa", "livemode": True}
    assert await link.call("alias", 5, **asked) == {"found": False}


@pytest.mark.parametrize(("alias", "three_ds"), [
    ("pm_card_visa", "not_enrolled"), ("pm_card_authenticationRequired", "required"), ("pm_card_amex", "not_supported"),
    ("pm_card_threeDSecureOptional", "optional"), ("pm_card_authenticationRequiredSetupForOffSession", "set_up"),
])
async def test_a_card_knows_how_it_takes_part_in_three_d_secure(link: VaultLink, vault: Vault, alias: str,
                                                                three_ds: str) -> None:
    found = await link.call("alias", 5, env=vault.env, account=ACCOUNT, name=alias)
    assert found["card"]["three_ds"] == three_ds


# ---- authorisation


async def test_an_approval_carries_the_acquirers_words(link: VaultLink, vault: Vault) -> None:
    answer = await pay(link, vault, await token_for(link, vault, "pm_card_visa"))
    assert (answer["outcome"], answer["response_code"], answer["cvc_check"]) == ("approved", "00", "pass")
    assert answer["acquirer_ref"]
    assert answer["authorization_code"]
    assert answer["network_transaction_id"]
    assert answer["code"] is None


DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
]


@pytest.mark.parametrize(("alias", "code", "decline_code"), DECLINES)
async def test_a_decline_carries_the_contracts_words(link: VaultLink, vault: Vault, alias: str, code: str,
                                                     decline_code: str | None) -> None:
    answer = await pay(link, vault, await token_for(link, vault, alias))
    assert (answer["outcome"], answer["code"], answer["decline_code"]) == ("declined", code, decline_code)


@pytest.mark.parametrize(("alias", "checks"), [
    ("pm_card_cvcCheckFail", ("fail", None, None)), ("pm_card_avsZipFail", ("pass", "fail", "pass")),
    ("pm_card_avsLine1Fail", ("pass", "pass", "fail")), ("pm_card_avsFail", ("pass", "fail", "fail")),
    ("pm_card_avsUnchecked", ("pass", "unavailable", "unavailable")),
])
async def test_the_checks_of_an_alias_behave_like_its_number(link: VaultLink, vault: Vault, alias: str,
                                                             checks: tuple[str | None, ...]) -> None:
    answer = await pay(link, vault, await token_for(link, vault, alias))
    assert (answer["cvc_check"], answer["postal_check"], answer["line1_check"]) == checks


async def _codes(link: VaultLink, vault: Vault, first: dict[str, Any], **asked: Any) -> list[str | None]:
    """What the issuer says of the code in a first message that meets the fault `first`, and in two more after it."""
    token = await token_for(link, vault, "pm_card_visa")
    vault.control(reset=True, match=[first | {"once": True}])
    before = await pay(link, vault, token, deadline=1, **asked)
    assert before["outcome"] in ("declined", "unknown")
    return [(await pay(link, vault, token))["cvc_check"] for _ in range(2)]


async def test_a_code_is_kept_for_one_second_try_after_a_soft_decline_when_asked(link: VaultLink, vault: Vault) -> None:
    soft = {"fault": "decline", "response_code": "06"}
    assert await _codes(link, vault, soft, keep_cvc=True) == ["pass", None]
    assert await _codes(link, vault, soft) == [None, None]


@pytest.mark.parametrize("first", [{"fault": "decline", "response_code": "43"},
                                   {"fault": "decline", "response_code": "05"}, {"fault": "drop"},
                                   {"fault": "approve_silent"}, {"fault": "error_91"}])
async def test_no_other_end_keeps_the_code(link: VaultLink, vault: Vault, first: dict[str, Any]) -> None:
    assert await _codes(link, vault, first, keep_cvc=True) == [None, None]


async def test_a_kept_code_is_wiped_when_the_second_try_does_not_come(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_visa")
    vault.control(reset=True, match=[{"fault": "decline", "response_code": "06", "once": True}])
    assert (await pay(link, vault, token, keep_cvc=True))["outcome"] == "declined"
    assert await link.call("forget_cvc", 1, token=token) == {"forgotten": True}
    assert (await pay(link, vault, token))["cvc_check"] is None


async def test_an_answer_says_what_it_tells_of_the_acquirers_health(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_visa")
    vault.control(reset=True)
    assert (await pay(link, vault, token))["sick"] is False
    for fault, sick in (("decline", False), ("drop", True), ("error_91", True), ("garbage", True)):
        vault.control(reset=True, match=[{"fault": fault, "once": True}])
        assert (await pay(link, vault, token, deadline=1))["sick"] is sick


async def test_a_code_serves_one_authorisation(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_chargeDeclinedIncorrectCvc")
    assert (await pay(link, vault, token))["code"] == "incorrect_cvc"
    again = await pay(link, vault, token)
    assert (again["outcome"], again["cvc_check"]) == ("approved", None)


async def test_an_unknown_token_is_refused_before_anything_is_sent(link: VaultLink, vault: Vault) -> None:
    with pytest.raises(Refused) as refused:
        await pay(link, vault, "pm_nothing")
    assert (refused.value.code, refused.value.param) == ("resource_missing", "payment_method")


@pytest.mark.parametrize("other", [{"amount": -1}, {"currency": "xxx"}, {"key": ""}, {"connector": "elm"}])
async def test_an_argument_that_cannot_be_sent_is_refused(link: VaultLink, vault: Vault,
                                                          other: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        await pay(link, vault, await token_for(link, vault, "pm_card_visa"), **other)


async def test_money_is_taken_given_back_and_asked_about(link: VaultLink, vault: Vault) -> None:
    token, asked = await token_for(link, vault, "pm_card_visa"), {"connector": "alder", "currency": "usd"}
    first, taken, voided = network_key(), network_key(), network_key()
    assert (await pay(link, vault, token, key=first, capture=False))["outcome"] == "approved"
    done = await link.call("capture", 5, key=taken, original_key=first, amount=1500, **asked)
    assert done["outcome"] == "approved"
    back = await link.call("refund", 5, key=network_key(), original_key=taken, amount=1500, **asked)
    assert back["outcome"] == "approved"
    over = await link.call("refund", 5, key=network_key(), original_key=taken, amount=1, **asked)
    assert over["outcome"] == "declined"
    status = await link.call("inquire", 5, key=taken, connector="alder")
    assert (status["found"], status["amount"], status["currency"]) == ("approved", 1500, "USD")
    second = network_key()
    assert (await pay(link, vault, token, key=second, capture=False))["outcome"] == "approved"
    gone = await link.call("void", 5, key=voided, original_key=second, amount=1999, **asked)
    assert gone["outcome"] == "approved"
    never = network_key()
    tombstone = await link.call("cancel", 5, key=network_key(), original_key=never, connector="alder")
    assert tombstone["outcome"] == "approved"
    assert (await pay(link, vault, token, key=never))["outcome"] == "declined"
    assert (await link.call("inquire", 5, key=never, connector="alder"))["found"] == "tombstone"


# ---- doubt


async def test_silence_and_broken_answers_are_unknown(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_visa")
    for fault in ("approve_silent", "drop", "approve_then_96", "error_91", "half_message", "garbage"):
        key = network_key()
        vault.control(match=[{"fault": fault, "network_key": key, "once": True}])
        answer = await pay(link, vault, token, deadline=1, key=key)
        assert (answer["outcome"], answer["code"]) == ("unknown", None), fault
    vault.control(match=[])


async def test_many_questions_are_answered_at_once(link: VaultLink, vault: Vault) -> None:
    first, *tokens = await asyncio.gather(*(token_for(link, vault, "pm_card_visa") for _ in range(20)))
    key = network_key()
    vault.control(match=[{"fault": "drop", "network_key": key, "once": True}])
    hangs = asyncio.create_task(pay(link, vault, first, deadline=30, key=key))
    answers = await asyncio.gather(*(pay(link, vault, token) for token in tokens))
    assert {answer["outcome"] for answer in answers} == {"approved"}
    assert not hangs.done(), "the others waited until it was given up"
    hangs.cancel()
    await asyncio.wait({hangs})
    vault.control(match=[])


# ---- 3-D Secure


async def authenticate(link: VaultLink, vault: Vault, token: str, transaction: str, **other: Any) -> dict[str, Any]:
    asked = {"env": vault.env, "token": token, "three_ds_server_trans_id": transaction, "amount": 1999,
             "currency": "usd", "merchant_name": "Test", "notification_url": f"{vault.settings.pay_base}/3ds",
             "browser": {"user_agent": "test", "screen_width": 1280}} | other
    return await link.call("authenticate", 10, **asked)


async def card(vault: Vault, number: str) -> str:
    """A token for a number that has no alias."""
    from tests.vaults import PUBLISHABLE_KEY

    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{vault.http}/v1/payment_methods", headers={
            "Authorization": f"Bearer {PUBLISHABLE_KEY}"}, data={
            "type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034"})
    return str(answer.json()["id"])


async def test_a_frictionless_card_is_proved_at_once(link: VaultLink, vault: Vault) -> None:
    token, transaction = await card(vault, "4000000032200000"), str(uuid.uuid4())
    began = await authenticate(link, vault, token, transaction)
    assert began["trans_status"] == "Y"
    proof = {name: began[name] for name in ("eci", "cavv", "ds_transaction_id")}
    assert all(proof.values())
    assert (await pay(link, vault, token, three_d_secure=proof))["outcome"] == "approved"


async def test_a_challenge_is_believed_from_the_issuer_only(link: VaultLink, vault: Vault) -> None:
    token, transaction = await token_for(link, vault, "pm_card_authenticationRequired"), str(uuid.uuid4())
    began = await authenticate(link, vault, token, transaction)
    assert (began["trans_status"], began["cavv"]) == ("C", None)
    assert began["acs_url"] == f"{vault.settings.bank_base}/acs/challenge"
    asked = {"three_ds_server_trans_id": transaction}
    assert await link.call("authentication_result", 5, **asked) == {"finished": False}
    async with httpx2.AsyncClient(trust_env=False, base_url=vault.settings.bank_internal) as shopper:
        await shopper.post(f"/acs/{began['acs_transaction_id']}", data={"action": "complete"})
    done = await link.call("authentication_result", 5, **asked)
    assert (done["finished"], done["trans_status"], done["amount"], done["currency"], done["last4"]) == (
        True, "Y", 1999, "usd", "3184")
    proof = {name: done[name] for name in ("eci", "cavv", "ds_transaction_id")}
    assert (await pay(link, vault, token, three_d_secure=proof))["outcome"] == "approved"


async def test_a_proof_for_another_card_does_not_count(link: VaultLink, vault: Vault) -> None:
    other = await authenticate(link, vault, await card(vault, "4000000032200000"), str(uuid.uuid4()))
    proof = {name: other[name] for name in ("eci", "cavv", "ds_transaction_id")}
    token = await token_for(link, vault, "pm_card_authenticationRequired")
    answer = await pay(link, vault, token, three_d_secure=proof)
    assert (answer["outcome"], answer["code"]) == ("declined", "authentication_required")


async def test_an_authentication_that_nobody_answers_sensibly_is_unavailable(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_visa")
    answer = await authenticate(link, vault, token, "not-a-uuid")
    assert (answer["trans_status"], answer["cavv"]) == ("U", None)


@pytest.mark.parametrize("transaction", ["", "../../healthz", "x" * 36])
async def test_only_a_transaction_id_is_asked_about(link: VaultLink, transaction: str) -> None:
    with pytest.raises(Refused):
        await link.call("authentication_result", 5, three_ds_server_trans_id=transaction)


async def test_no_card_number_is_in_the_log_or_in_any_answer(link: VaultLink, vault: Vault) -> None:
    token = await token_for(link, vault, "pm_card_visa")
    answers = [await pay(link, vault, token), await link.call("describe", 5, env=vault.env, token=token),
               await authenticate(link, vault, token, str(uuid.uuid4()))]
    assert "4242424242424242" not in str(answers)
    assert "4242424242424242" not in vault.log()
    assert f'"token":"{token}","purpose":"authorize"' in vault.log()
