"""The postman: takes due mails of an environment, writes and sends them side by side, so that none holds up another."""

import asyncio

import structlog

from backend import crash
from backend.context import Runtime
from backend.mail import messages, outbox, post
from backend.mail.outbox import Claimed
from backend.mail.post import Answer
from backend.receipts import letters

log = structlog.get_logger(__name__)

BATCH = 10
"""Mails in flight for one environment, and connections to the mail server."""


async def deliver(runtime: Runtime, env: int) -> bool:
    """One batch; True while there may be more."""
    if crash.armed:
        await crash.reached("mail_dequeued")
    claimed = await outbox.claim(runtime, env, BATCH)
    if crash.armed and claimed:
        await crash.reached("mail_leased")
    await asyncio.gather(*(_guarded(runtime, one) for one in claimed))
    return len(claimed) >= BATCH


async def _guarded(runtime: Runtime, mail: Claimed) -> None:
    try:
        answer = await _send(runtime, mail)
        if crash.armed:
            await crash.reached("mail_sent")
        await outbox.record(runtime, mail, answer)
        if crash.armed:
            await crash.reached("mail_committed")
    except Exception:  # PostgreSQL away: the lease runs out and the sweeper rings again
        log.exception("mail_failed", env=mail.env, mail=mail.id)


async def _send(runtime: Runtime, mail: Claimed) -> Answer:
    """Write it and hand it over. One that cannot be written is tried again like one that was put off."""
    settings = runtime.settings
    try:
        letter = await letters.write(runtime, mail)
        message = messages.written(letter, id=mail.id, sender=settings.mail_from, address=mail.address,
                                   now=runtime.clock.now())
    except messages.Unwritable as error:
        return Answer(0, str(error), final=True)
    except Exception as error:
        log.exception("mail_not_written", env=mail.env, mail=mail.id)
        return Answer(0, f"It could not be written: {type(error).__name__}")
    return await post.send(settings, message, mail.address)
