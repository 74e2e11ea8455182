"""The way out for a mail: a mail server (SMTP), or without one the mailbox of the sandbox, which nothing leaves."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib
import httpx2

from backend.config import Settings
from backend.mail.messages import reachable

TIMEOUT_SECONDS, TALK_SECONDS, GOODBYE_SECONDS = 20.0, 60.0, 2.0
"""For one answer, for the whole talk about a mail (less than its lease), and for the server to say goodbye."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a try: a reply code of SMTP (RFC 5321 section 4.2), 0 when nobody answered, and what was said.

    `final`: it is about this mail or its address, so that no other try can end otherwise. What a server says of us,
    that it does not know our password or our sender, is for its operator to mend meanwhile.
    """

    code: int
    text: str
    final: bool = False

    @property
    def taken(self) -> bool:
        """Somebody else is responsible for the mail now."""
        return 200 <= self.code < 300


async def send(settings: Settings, message: bytes, address: str) -> Answer:
    """Hand over one mail to one address. Never raises for what a server says or does not say."""
    return await (_by_smtp if settings.smtp_host else _into_mailbox)(settings, message, address)


async def _by_smtp(settings: Settings, message: bytes, address: str) -> Answer:
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host, port=settings.smtp_port, timeout=TIMEOUT_SECONDS,
        use_tls=settings.smtp_tls == "tls", start_tls=settings.smtp_tls == "starttls")
    try:
        async with asyncio.timeout(TALK_SECONDS):
            return await _talk(server, settings, message, address)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        [one] = refused.recipients
        return _refused(one)
    except aiosmtplib.SMTPDataError as refused:
        return _refused(refused)
    except aiosmtplib.SMTPResponseException as told:
        return Answer(told.code, told.message)
    except (aiosmtplib.SMTPException, OSError) as broken:
        return Answer(0, f"{type(broken).__name__}: {broken}")
    except ValueError as bad:
        return Answer(0, str(bad), final=True)
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            await asyncio.wait_for(server.quit(), GOODBYE_SECONDS)
        server.close()


async def _talk(server: aiosmtplib.SMTP, settings: Settings, message: bytes, address: str) -> Answer:
    """One mail over a new connection. The server's certificate is checked, and without one nothing is said."""
    to = reachable(address)
    await server.connect()
    if settings.smtp_user:
        await server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    options = [] if to.isascii() else ["SMTPUTF8"]
    if options and not (await server.ehlo() and server.supports_extension("smtputf8")):
        return Answer(0, "This mail server takes no address that is not ASCII (SMTPUTF8).", final=True)
    _, said = await server.sendmail(settings.mail_from, [to], message, mail_options=options)
    return Answer(250, said)


def _refused(error: aiosmtplib.SMTPResponseException) -> Answer:
    """By its code: 4xx means later, 5xx never."""
    return Answer(error.code, error.message, final=error.code >= 500)


async def _into_mailbox(settings: Settings, message: bytes, address: str) -> Answer:
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=TIMEOUT_SECONDS) as client:
            reply = await client.post(f"{settings.bank_internal}/mail", params={"to": address}, content=message,
                                      headers={"Content-Type": "message/rfc822"})
        told = reply.raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as broken:
        return Answer(0, f"{type(broken).__name__}: {broken}")
    return Answer(told["code"], told["text"], final=told["code"] >= 500)
