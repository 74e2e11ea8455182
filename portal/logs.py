"""The log of API requests: a list with filters, and one request with its answer and the command that repeats it."""

from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import Any

import orjson

from backend.context import Context
from backend.requests import requests
from portal import keys
from portal.layout import laid_out

Row = dict[str, Any]
LIMIT = 25
STATUSES = (("", "All"), ("2xx", "Succeeded"), ("4xx", "Refused"), ("5xx", "Our fault"))
METHODS = ("GET", "POST", "DELETE")
_FIELDS = ("status", "method", "path", "object", "from", "to")


async def index(ctx: Context, query: Row) -> Row:
    """The list; `object` takes the id of an object or of a request, `from` and `to` are days."""
    asked = {name: (query.get(name) or "").strip()[:200] for name in _FIELDS}
    if asked["status"] not in dict(STATUSES) and not _number(asked["status"]):
        asked["status"] = ""
    if asked["method"] not in METHODS:
        asked["method"] = ""
    begin, end = _day(asked["from"]), _day(asked["to"])
    wanted = asked["object"]
    rows, more = await requests.find(ctx, {
        "limit": LIMIT, "status": asked["status"], "method": asked["method"], "path": asked["path"],
        "id": wanted if wanted.startswith("req_") else None,
        "object": wanted if not wanted.startswith("req_") else None,
        "since": begin,
        "until": end + timedelta(days=1) if end and end.year < 9999 else None,  # no time comes after that
        "starting_after": query.get("after"), "ending_before": query.get("before")})
    back = bool(query.get("before"))
    return {"rows": rows, "asked": asked, "statuses": STATUSES, "methods": METHODS,
            "filtered": any(asked.values()), "tone": tone,
            "own_key": None if rows or any(asked.values()) else await keys.own(ctx),
            "older": rows[-1]["id"] if rows and (more or back) else None,
            "newer": rows[0]["id"] if rows and (query.get("after") or (back and more)) else None}


async def show(ctx: Context, query: Row) -> Row:
    """One request: what was asked, what was answered, and what it was about."""
    row = await requests.get(ctx, query["id"])
    params = _loaded(row["params"])
    return {"row": row, "tone": tone, "answer": laid_out(row["answer"]), "params": _pairs(params),
            "json": params if isinstance(params, dict) else None, "sent": laid_out(row["params"]),
            "curl": _curl(ctx, row, params)}


def tone(status: int) -> str:
    """The colour of a status."""
    return "good" if status < 400 else "warn" if status < 500 else "bad"


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) == 3


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # it was cut, or never JSON
        return None


def _pairs(params: Any) -> list[tuple[str, str]]:
    return [(str(one[0]), str(one[1])) for one in params] if isinstance(params, list) else []


def _curl(ctx: Context, row: Row, params: Any) -> str:
    """The command that sends the same again; the key and what was hidden are the reader's to fill in."""
    key = f"{row['key_prefix'] or 'sk_test_'}…"
    lines = [f"curl {ctx.settings.api_base}{quote(row['path'])}", f"-u {key}:"]
    if row["method"] == "GET" and params:
        lines.append("-G")
    elif row["method"] != "POST" or not params:
        lines.append(f"-X {row['method']}")
    lines.append(f"-H {quote('Stripe-Version: ' + row['version'])}")
    if isinstance(params, dict):
        lines.append(f"--json {quote(orjson.dumps(params).decode())}")
    else:
        lines += [f"--data-urlencode {quote(f'{name}={value}')}" for name, value in _pairs(params)]
    return " \\\n  ".join(lines)
