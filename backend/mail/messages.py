"""A letter as the bytes of a mail (RFC 5322): text and HTML, with headers that nothing typed by anybody can break."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

_LINE_MAX = 200
_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+")
"""What stands before the @ of an address that is not ASCII (RFC 6531); the library knows only those that are."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. `sender` is the name beside our own address; answers go to `reply_to`, if there is one."""

    sender: str
    subject: str
    text: str
    html: str
    reply_to: str | None = None


class Unwritable(Exception):
    """No mail can be written to this address; the message is why."""


def written(letter: Letter, *, id: str, sender: str, address: str, now: datetime) -> bytes:
    """The mail `id` from our address `sender`; its Message-ID is the same whenever it is written.

    Raises Unwritable for what is no address.
    """
    made = EmailMessage(policy=policy.SMTP if address.rpartition("@")[0].isascii() else policy.SMTPUTF8)
    made["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
    made["Date"] = format_datetime(now)
    made["From"] = _mailbox(sender, one_line(letter.sender))
    made["To"] = _mailbox(address)
    if letter.reply_to:
        made["Reply-To"] = _mailbox(letter.reply_to)
    made["Subject"] = one_line(letter.subject)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, cte="quoted-printable")
    made.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return made.as_bytes()


def one_line(text: str) -> str:
    """Text as a header may have it: one line, only what can be seen, not without end, and nothing that its reader would
    decode (RFC 2047) into more than that."""
    shown = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return shown.replace("=?", "= ?")[:_LINE_MAX]


def _mailbox(address: str, name: str = "") -> Address:
    local = address.rpartition("@")[0]
    try:
        if not local.isascii() and _LOCAL.fullmatch(local):
            return Address(name, local, reachable(address).rpartition("@")[2])
        return Address(name, addr_spec=reachable(address))
    except (ValueError, IndexError, MessageError) as error:
        raise Unwritable("no mail can be written to this address") from error


def reachable(address: str) -> str:
    """The address with its domain as the network knows it (RFC 5891); raises ValueError when it can have none."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
