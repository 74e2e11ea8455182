"""A mail server for tests, in this process: what it answers is said by address, and what it took is kept."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope


@dataclass
class MailServer:
    """It takes what `answers` says nothing of; `login` is the only one that may send, where there is one."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    """Address -> what is said to each RCPT for it, in turn; the last for ever."""
    login: tuple[str, str] | None = None
    port: int = 0
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    talks: int = 0

    async def handle_EHLO(self, server: SMTP, session: Any, envelope: Envelope, hostname: str,  # noqa: N802
                          responses: list[str]) -> list[str]:
        self.talks += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str,  # noqa: N802
                          options: list[str]) -> str:
        said = self.answers.get(address, [])
        answer = said.pop(0) if len(said) > 1 else said[0] if said else "250 fine"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 kept"

    def _knows(self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, told: Any) -> AuthResult:
        given = (told.login.decode(), told.password.decode())
        return AuthResult(success=given == self.login)

    def talk(self, context: ssl.SSLContext | None) -> SMTP:
        """One connection."""
        return SMTP(self, tls_context=context, require_starttls=context is not None, enable_SMTPUTF8=True,
                    auth_required=self.login is not None, auth_require_tls=context is not None,
                    authenticator=self._knows if self.login else None, ident="tests")

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a worker is told so that its mails come here."""
        return {"smtp_host": "127.0.0.1", "smtp_port": self.port, "smtp_tls": "none",
                "mail_from": "receipts@shop.example"}


@asynccontextmanager
async def mail_server(context: ssl.SSLContext | None = None, **said: Any) -> AsyncIterator[MailServer]:
    """It listens for the length of the block; with `context` it speaks only after STARTTLS."""
    made = MailServer(**said)
    server = await asyncio.get_running_loop().create_server(lambda: made.talk(context), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
