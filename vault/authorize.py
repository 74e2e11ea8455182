"""Token in, network answer out: the operations of the private link that send messages to an acquirer.

What is known decides the word: while nothing was sent any failure here is `not_sent`, afterwards it is `unknown`;
only an acquirer's own refusal is `declined` (money rule 1).
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import structlog

from backend import crash
from backend.cards import bank_accounts, test_accounts, test_cards, tokens
from backend.errors import FarthingError, InvalidRequest
from backend.networks import declines
from backend.networks.port import Account, Answer, Card, Connector, Outcome, ThreeDSecure
from vault.parts import Parts
from vault.traces import where

log = structlog.get_logger(__name__)

Frame = dict[str, Any]

KEPT_SECONDS = 10.0
"""How long a code waits for the second try; the caller makes it at once or says that it does not come."""


async def authorize(parts: Parts, frame: Frame) -> Frame:
    """Ask the issuer of the token's card; the CVC is used up unless surely nothing was sent.

    With `keep_cvc` it stays for one more message, a few seconds long, after a decline that may be tried at another
    acquirer. Never after an outcome that is unknown: then there is no second try.
    """
    connector = _connector(parts, frame)
    env, token = frame["env"], frame["token"]
    try:
        card = await tokens.use(parts.safe, env, token, "authorize")
    except FarthingError:
        raise
    except Exception as error:
        log.error("vault_storage_away", error=where(error))
        return _shown(Answer(Outcome.NOT_SENT, reason="the vault could not read the card"))
    risk, blocked = (None, False) if parts.settings.live or not frame["amount"] else test_cards.risk(
        card.number, parts.settings.test_risk_switches)
    if blocked:
        parts.safe.cvcs.forget(token)
        return not_sent("the risk is too high") | {"outcome": "blocked", "risk_level": risk}
    proof = frame.get("three_d_secure")
    cvc = parts.safe.cvcs.take(token)
    try:
        answer = await _told(connector.authorize(
            key=frame["key"], amount=frame["amount"], currency=frame["currency"], capture=frame["capture"],
            card=Card(card.number, card.exp_month, card.exp_year, cvc.text if cvc else None,
                      frame.get("postal_code") or card.postal_code, frame.get("line1") or card.line1),
            merchant_id=frame["merchant_id"], merchant_name=frame["merchant_name"],
            three_d_secure=ThreeDSecure(proof["eci"], proof.get("cavv"), proof.get("ds_transaction_id"))
            if proof else None,
            deadline=frame["deadline"]))
    except BaseException:
        if cvc:
            cvc.wipe()
        raise
    if cvc and answer.outcome is Outcome.NOT_SENT:
        parts.safe.cvcs.give_back(cvc)
    elif cvc and frame.get("keep_cvc") and _again(parts, answer):
        parts.safe.cvcs.give_back(cvc, KEPT_SECONDS)
        asyncio.get_running_loop().call_later(KEPT_SECONDS + 0.1, parts.safe.cvcs.expire)
    elif cvc:
        cvc.wipe()
    return _shown(answer) | {"risk_level": risk}


async def debit(parts: Parts, frame: Frame) -> Frame:
    """Ask for a debit of the token's bank account; `at` is the time in the payment's environment."""
    connector = _connector(parts, frame)
    try:
        account = await bank_accounts.use(parts.safe, frame["env"], frame["token"])
    except FarthingError:
        raise
    except Exception as error:
        log.error("vault_storage_away", error=where(error))
        return not_sent("the vault could not read the account")
    if account.number in test_accounts.RISKY and not parts.settings.live:
        return not_sent("the risk is too high") | {"outcome": "blocked", "risk_level": "highest"}
    return _shown(await _told(connector.debit(
        key=frame["key"], account=Account(account.number, account.routing_number), amount=frame["amount"],
        currency=frame["currency"], at=frame["at"], deadline=frame["deadline"])))


async def increment(parts: Parts, frame: Frame) -> Frame:
    """Hold more under an authorisation."""
    return _shown(await _told(_connector(parts, frame).increment(**_money(frame))))


async def capture(parts: Parts, frame: Frame) -> Frame:
    """Take money of an authorisation; unless `final`, more may follow."""
    return _shown(await _told(_connector(parts, frame).capture(**_money(frame), final=frame.get("final", True))))


async def void(parts: Parts, frame: Frame) -> Frame:
    """Reverse an authorisation or sale in full."""
    return _shown(await _told(_connector(parts, frame).void(**_money(frame))))


async def refund(parts: Parts, frame: Frame) -> Frame:
    """Give money back."""
    return _shown(await _told(_connector(parts, frame).refund(**_money(frame))))


async def cancel(parts: Parts, frame: Frame) -> Frame:
    """Cancel by our reference, leaving a tombstone."""
    return _shown(await _told(_connector(parts, frame).cancel(
        key=frame["key"], original_key=frame["original_key"], deadline=frame["deadline"])))


async def inquire(parts: Parts, frame: Frame) -> Frame:
    """What became of the message with this key."""
    status = await _connector(parts, frame).inquire(key=frame["key"], deadline=frame["deadline"],
                                                      at=frame.get("at") or "")
    return {"found": status.found, "amount": status.amount, "currency": status.currency,
            "acquirer_ref": status.acquirer_ref, "authorization_code": status.authorization_code,
            "response_code": status.response_code, "why": status.why}


async def echo(parts: Parts, frame: Frame) -> Frame:
    """Whether an acquirer answers at all."""
    return {"alive": await _connector(parts, frame).echo()}


async def forget_cvc(parts: Parts, frame: Frame) -> Frame:
    """Wipe a code that was kept for a second try which does not come."""
    parts.safe.cvcs.forget(frame["token"])
    return {"forgotten": True}


def _again(parts: Parts, answer: Answer) -> bool:
    return answer.outcome is Outcome.DECLINED and declines.elsewhere(
        answer.why, answer.response_code, parts.settings.failover_codes)


def not_sent(reason: str) -> Frame:
    """The answer when this process will not send: nothing happened."""
    return _shown(Answer(Outcome.NOT_SENT, reason=reason))


async def _told(sending: Awaitable[Answer]) -> Answer:
    """The connector's answer. It does not raise for what a network does; should it raise all the same, a message may
    be out, so the outcome is unknown. ValueError is its word for an argument that it never sent."""
    try:
        answer = await sending
    except ValueError as error:
        raise InvalidRequest(f"The acquirer's connector refused an argument: {error}") from None
    except Exception as error:
        log.error("connector_broke", error=where(error))
        return Answer(Outcome.UNKNOWN, reason=f"the connector broke: {type(error).__name__}")
    if crash.armed:
        await crash.reached("call_answered")
    return answer


def _connector(parts: Parts, frame: Frame) -> Connector:
    connector = parts.connectors.get(frame["connector"])
    if connector is None:
        raise InvalidRequest(f"There is no acquirer called {frame['connector']}.", param="connector")
    return connector


def _money(frame: Frame) -> Frame:
    return {name: frame[name] for name in ("key", "original_key", "amount", "currency", "deadline")}


def _shown(answer: Answer) -> Frame:
    shown: Frame = {
        "outcome": answer.outcome.value, "response_code": answer.response_code, "acquirer_ref": answer.acquirer_ref,
        "authorization_code": answer.authorization_code, "network_transaction_id": answer.network_transaction_id,
        "cvc_check": answer.cvc_check, "postal_check": answer.postal_check, "line1_check": answer.line1_check,
        "code": None, "decline_code": None, "network_decline_code": None, "advice_code": None, "message": None,
        "hard": None, "reason": answer.reason, "sick": answer.sick, "why": answer.why,
    }
    if answer.outcome is Outcome.DECLINED:  # web processes of the release before read these
        why = declines.explain(answer.why, answer.response_code)
        shown |= {"code": why.code, "decline_code": why.decline_code, "advice_code": why.advice_code,
                  "network_decline_code": why.network_decline_code, "message": why.message, "hard": why.hard}
    return shown
