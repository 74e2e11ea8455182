"""A mail's words: for each kind one writer, which reads what it is about as it stands when the mail leaves."""

from collections.abc import Awaitable, Callable, Mapping

import css_inline

from backend.accounts import environments
from backend.config import ROOT
from backend.context import Context, Runtime
from backend.mail.kinds import Kind
from backend.mail.messages import Letter
from backend.mail.outbox import Claimed
from backend.payments import receipts as numbers
from backend.receipts import receipts, words
from backend.receipts.receipts import Receipt
from backend.refunds import refunds
from backend.web import templating
from backend.web.amounts import amount, when
from backend.webhooks import endpoints

Writer = Callable[[Context, Claimed], Awaitable[Letter]]
_LOOK = (ROOT / "templates" / "mail" / "letter.css").read_text()


async def write(runtime: Runtime, mail: Claimed) -> Letter:
    """The letter of a mail; raises what its writer raises when what it is about cannot be read."""
    ctx = await environments.context(runtime, mail.env, actor="worker", shown=True)
    return await _WRITERS[mail.kind](ctx, mail)


async def _receipt(ctx: Context, mail: Claimed) -> Letter:
    number = await numbers.number(ctx, mail.object_id)
    told = await receipts.get(ctx, mail.object_id)
    say = told.say
    rows = [(line.name, line.amount) for line in told.lines] + told.sums + [(say.text("amount_paid"), told.amount)]
    rows += [(say.text(back.standing), f"−{back.amount}") for back in told.backs]
    return _letter(told, subject=say.text("subject", seller=told.seller, number=number),
                   title=say.text("receipt_from", seller=told.seller), sum=told.amount,
                   lead=told.lead or say.text("paid_on", date=told.date), rows=rows, facts=told.facts)


async def _refund(ctx: Context, mail: Claimed) -> Letter:
    refund = await refunds.get(ctx, mail.object_id)
    number = await numbers.number(ctx, mail.object_id)
    told = await receipts.get(ctx, refund["charge"])
    say = told.say
    back = amount(refund["amount"], refund["currency"], say.region)
    date = when(refund["created"], receipts.DAY, say.region)
    facts = [(say.text("number"), number), (say.text("date_refunded"), date),
             (say.text("back_to"), told.method)]
    return _letter(told, subject=say.text("refund_subject", seller=told.seller, number=number),
                   title=say.text("refund_from", seller=told.seller), sum=back, lead=say.text("refund_lead"),
                   rows=[(say.text("amount_paid"), told.amount), (say.text("amount_refunded"), f"−{back}")],
                   facts=facts)


async def _disabled(ctx: Context, mail: Claimed) -> Letter:
    say = words.DOMAIN.language()
    endpoint = await endpoints.get(ctx, mail.object_id)
    mode, why = "live" if ctx.livemode else "test", mail.reason.split(":")[2]
    link = f"{ctx.settings.api_base}/{mode}/developers/webhooks/{mail.object_id}"
    facts = [(say.text("endpoint"), endpoint["url"]), (say.text("mode"), mode.capitalize()),
             (say.text("reason"), say.text(why))]
    values = {"say": say, "title": say.text("disabled_title"), "sum": "", "rows": [], "facts": facts, "test": "",
              "lead": say.text(f"disabled_{why}", url=endpoint["url"]), "more": say.text("disabled_lead"),
              "link": link, "see": say.text("disabled_see"), "seller": "Farthing", "colour": None,
              "footer": say.text("disabled_footer", account=ctx.account_name)}
    return Letter("Farthing", say.text("disabled_subject", url=endpoint["url"]), _plain(values), _html(values))


def _letter(told: Receipt, *, subject: str, title: str, sum: str, lead: str, rows: list[tuple[str, str]],
            facts: list[tuple[str, str]]) -> Letter:
    """A letter to a shopper."""
    say, contact = told.say, told.contact
    profile = told.owner["profile"] or {}
    more = (say.text("questions", seller=told.seller, contact=contact) if contact
            else say.text("questions_lone", seller=told.seller))
    values = {"say": say, "title": title, "sum": sum, "lead": lead, "rows": rows, "facts": facts, "more": more,
              "test": "" if told.livemode else say.text("test"), "link": told.url, "see": say.text("see"),
              "seller": told.seller, "colour": (profile.get("branding") or {}).get("primary_color"),
              "footer": say.text("footer", seller=told.seller)}
    reply_to = contact if contact and "@" in contact and "/" not in contact else None
    return Letter(told.seller, subject if told.livemode else say.text("test_subject", subject=subject),
                  _plain(values), _html(values), reply_to)


def _html(values: Mapping[str, object]) -> str:
    """The HTML, with every rule of its stylesheet written where it holds: many mail programs read no other."""
    colour = values["colour"]
    look = f"{_LOOK} .band {{ background-color: {colour} }}" if colour else _LOOK
    return css_inline.inline(templating.render("mail/letter.html", **values), extra_css=look,
                             load_remote_stylesheets=False)


def _plain(values: Mapping[str, object]) -> str:
    """The same as text."""
    rows = [*values["rows"], *values["facts"]]  # type: ignore[misc]
    wide = max(len(name) for name, _ in rows)
    head = [values["test"], values["title"], " ".join(filter(None, (values["sum"], values["lead"])))]  # type: ignore[arg-type]
    listed = [f"{name.ljust(wide)}  {value}" for name, value in rows]
    return "\n\n".join(filter(None, (*map(str, head), "\n".join(listed), f"{values['see']}: {values['link']}",
                                     str(values["more"]), str(values["footer"])))) + "\n"


_WRITERS: Mapping[Kind, Writer] = {
    Kind.RECEIPT: _receipt, Kind.REFUND: _refund, Kind.ENDPOINT_DISABLED: _disabled}
