"""The mailbox of everybody: mails of test mode come here and go no further. Reading it is the page /mail.

Like a real mail server it refuses some addresses: those that begin with a word of WORDS.
"""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from sandbox.acs import TEMPLATES
from sandbox.control import answer

KEPT_MAX = 500
BODY_MAX = 1_000_000
LATER_TIMES = 2
WORDS = {"bounce": (550, "5.1.1 no such mailbox"), "full": (452, "4.2.2 mailbox full"),
         "later": (451, f"4.7.1 come again: the first {LATER_TIMES} tries are put off")}
"""What the part of an address before @ or + says: `bounce@…`, `full+anything@…`, `later@…`."""
_PAGE = ("default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'none'; "
         "base-uri 'none'; frame-ancestors 'none'")
_FRAME = ("default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
          "sandbox allow-popups allow-popups-to-escape-sandbox")


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail that came."""

    number: int
    to: str
    came_at: datetime
    message: EmailMessage

    def part(self, kind: str) -> str:
        """Its text (`plain`) or its HTML (`html`)."""
        found = self.message.get_body((kind,))
        return str(found.get_content()) if found else ""


@dataclass
class Mailbox:
    """The newest mails, each a file; the oldest make room."""

    folder: Path
    mails: dict[int, Kept] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)

    def open(self) -> None:
        """Read what came before the last stop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.folder.glob("*.eml")):
            to, _, raw = path.read_bytes().partition(b"\n")
            self._know(int(path.stem), to.decode(), datetime.fromtimestamp(path.stat().st_mtime).astimezone(), raw)

    def refusal(self, to: str, message: EmailMessage) -> tuple[int, str] | None:
        """What the owner of a test address has a mail server say; None: it is taken."""
        word = to.partition("@")[0].partition("+")[0].lower()
        if word == "later":
            self.tries[message["Message-ID"] or ""] += 1
            if self.tries[message["Message-ID"] or ""] > LATER_TIMES:
                return None
        return WORDS.get(word)

    def keep(self, to: str, raw: bytes) -> Kept:
        """On disk before it is acknowledged."""
        number = max(self.mails, default=0) + 1
        path = self.folder / f"{number:08}.eml"
        with path.with_suffix(".part").open("wb") as file:
            file.write(to.encode() + b"\n" + raw)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").replace(path)
        return self._know(number, to, datetime.now().astimezone(), raw)

    def _know(self, number: int, to: str, came_at: datetime, raw: bytes) -> Kept:
        self.mails[number] = Kept(number, to, came_at, parsed(raw))
        for old in sorted(self.mails)[:-KEPT_MAX]:
            del self.mails[old]
            (self.folder / f"{old:08}.eml").unlink(missing_ok=True)
        return self.mails[number]


def parsed(raw: bytes) -> EmailMessage:
    """A mail from its bytes."""
    return message_from_bytes(raw, policy=policy.default)


async def receive(request: Request) -> Response:
    """POST /mail?to=…: a mail as its bytes; answers {code, text} as a mail server would.

    Its media type is one that a web page cannot send to another origin unasked.
    """
    if request.headers.get("content-type") != "message/rfc822":
        return answer({"error": "Send the mail as message/rfc822."}, 415)
    to, raw = request.query_params.get("to", ""), await request.body()
    if not to or len(raw) > BODY_MAX:
        return answer({"code": 552, "text": "5.3.4 no address, or too large"})
    box: Mailbox = request.app.state.mailbox
    if refused := box.refusal(to, parsed(raw)):
        return answer({"code": refused[0], "text": refused[1]})
    kept = await asyncio.to_thread(box.keep, to, raw)
    return answer({"code": 250, "text": f"2.0.0 kept as {kept.number}"})


async def index(request: Request) -> Response:
    """GET /mail: the newest first; with `?format=json` for programs."""
    box: Mailbox = request.app.state.mailbox
    newest = sorted(box.mails.values(), key=lambda mail: -mail.number)
    if request.query_params.get("format") == "json":
        return answer([{"number": mail.number, "to": mail.to, "came_at": mail.came_at.isoformat(),
                        "text": mail.part("plain"),
                        **{name.lower().replace("-", "_"): str(mail.message[name] or "")
                           for name in ("Subject", "From", "Message-ID")}} for mail in newest])
    return _page("mailbox.html", mails=newest, words=WORDS, kept=KEPT_MAX)


async def show(request: Request) -> Response:
    """GET /mail/{number}: one mail, as HTML in a frame that can do nothing, and as text."""
    mail = _find(request)
    if mail is None:
        return RedirectResponse("/mail", 303)
    return _page("mail.html", mail=mail, text=mail.part("plain"), headers=list(mail.message.items()))


async def html(request: Request) -> Response:
    """GET /mail/{number}/html: the HTML alone, for that frame."""
    mail = _find(request)
    if mail is None:
        return PlainTextResponse("No such mail.", 404)
    return _html('<base target="_blank">' + mail.part("html"), _FRAME)


def _find(request: Request) -> Kept | None:
    box: Mailbox = request.app.state.mailbox
    return box.mails.get(request.path_params["number"])


def _page(name: str, **values: object) -> HTMLResponse:
    return _html(TEMPLATES.get_template(name).render(**values), _PAGE)


def _html(body: str, policy: str) -> HTMLResponse:
    return HTMLResponse(body, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store",
                                       "X-Content-Type-Options": "nosniff"})
