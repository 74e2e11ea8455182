"""The query language of `/search`: text to conditions with bound values. Source: reference contract section 8.

    query   = clause { AND clause } | clause { OR clause }   (in any case; a blank is AND; the two do not mix)
    clause  = [-] field operator value
    field   = name { . name } | metadata["key"]
    operator = : (equals) | ~ (contains, three letters at least) | > | < | >= | <=
    value   = "text" | number | word | null

Texts are compared without regard to capitals. Everything is read from the tables themselves, so a search sees every
write that was answered before it.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backend.errors import InvalidRequest

Row = dict[str, Any]
CLAUSES_MAX = 10
QUERY_MAX = 2000
_TOKEN = re.compile(r"""\s*(?:
    (?P<minus>-)?(?P<field>[a-z_]+(?:\.[a-z_0-9]+)*)(?:\[(?P<quote>["'])(?P<key>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\])?
    \s*(?P<operator>>=|<=|:|~|>|<)\s*
    (?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>[^\s"']+))
  )""", re.VERBOSE)
_JOIN = re.compile(r"\s+(AND|OR)(?=\s)|(?P<end>\s*\Z)|(?P<blank>\s+)", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_COMPARED = {">": ">", "<": "<", ">=": ">=", "<=": "<="}


class Field(NamedTuple):
    """What a field is in SQL, and how it is compared: text, token (as it is written), number, time or boolean."""

    expression: str
    kind: str


class Searchable(NamedTuple):
    """A table that can be searched: `base` is a SELECT that ends in its WHERE; `metadata` the column that holds it."""

    base: str
    table: str
    alias: str
    metadata: str
    fields: Mapping[str, Field]


class Clause(NamedTuple):
    """One condition: value None stands for null."""

    field: str
    key: str | None
    operator: str
    value: str | None
    negated: bool


def parse(query: str) -> tuple[str, list[Clause]]:
    """How the clauses are joined (AND or OR), and the clauses; raises InvalidRequest that shows where it went wrong."""
    if len(query) > QUERY_MAX:
        raise _bad(f"The query is longer than {QUERY_MAX} characters.")
    clauses: list[Clause] = []
    joins: set[str] = set()
    place = 0
    while True:
        found = _TOKEN.match(query, place)
        if found is None:
            raise _bad(f"I cannot read the query from here on: {query[place:place + 40].strip() or '(its end)'}. A "
                       'clause is a field, one of : ~ > < >= <=, and a value, such as status:"succeeded".')
        clauses.append(_clause(found))
        place = found.end()
        join = _JOIN.match(query, place)
        if join is None:
            raise _bad(f"Put a blank, AND or OR before: {query[place:place + 40]}")
        if join["end"] is not None:
            break
        place = join.end()
        joins.add((join[1] or "AND").upper())
    if len(joins) > 1:
        raise _bad("A query can join its clauses by AND or by OR, not by both.")
    if len(clauses) > CLAUSES_MAX:
        raise _bad(f"A query can have at most {CLAUSES_MAX} clauses.")
    return (joins.pop() if joins else "AND"), clauses


def _clause(found: re.Match[str]) -> Clause:
    quoted = found["double"] if found["double"] is not None else found["single"]
    bare = None if found["bare"] == "null" else found["bare"]
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
    key = re.sub(r"\\(.)", r"\1", found["key"]) if found["key"] is not None else None
    return Clause(found["field"], key, found["operator"], value, bool(found["minus"]))


def where(target: Searchable, query: str) -> tuple[str, Row]:
    """The condition of a query on this table, and the values that it binds."""
    if "\x00" in query:
        raise _bad("A query must not contain a null character.")
    join, clauses = parse(query)
    values: Row = {}
    conditions = []
    for number, clause in enumerate(clauses):
        condition = _condition(target, clause, f"q{number}", values)
        conditions.append(f"NOT coalesce({condition}, false)" if clause.negated else f"({condition})")
    return f" {join} ".join(conditions), values


def _condition(target: Searchable, clause: Clause, name: str, values: Row) -> str:
    expression, kind = _field(target, clause, name, values)
    if clause.value is None:
        if clause.operator != ":":
            raise _bad(f"{clause.field}: null can only be asked for with the operator ':'.")
        return f"{expression} IS NULL"
    if kind in ("number", "time"):
        return _number(clause, expression, kind, name, values)
    if clause.operator in _COMPARED:
        raise _bad(f"{clause.field} cannot be compared with '{clause.operator}': it is no number. Use ':'"
                   + (" or '~'." if kind == "text" else "."))
    if kind == "boolean":
        word = clause.value.lower()
        if word not in ("true", "false") or clause.operator == "~":
            raise _bad(f'{clause.field} takes ":" and "true" or "false".')
        values[name] = word == "true"
        return f"{expression} = %({name})s"
    if clause.operator == "~":
        if kind != "text":
            raise _bad(f"{clause.field} cannot be searched with '~'. Use ':'.")
        if len(clause.value) < 3:
            raise _bad(f"{clause.field}: '~' needs at least three characters.")
        values[name] = clause.value.casefold()
        return f"strpos(lower({expression}), %({name})s) > 0"
    values[name] = clause.value.casefold() if kind == "text" else clause.value
    return f"lower({expression}) = %({name})s" if kind == "text" else f"{expression} = %({name})s"


def _field(target: Searchable, clause: Clause, name: str, values: Row) -> Field:
    if clause.field == "metadata":
        if clause.key is None:
            raise _bad('Name the key of the metadata, such as metadata["order"]:"6735".')
        values[f"{name}k"] = clause.key
        return Field(f"({target.metadata} ->> %({name}k)s)", "text")
    if clause.field not in target.fields or clause.key is not None:
        raise _bad(f"The field {clause.field} cannot be searched here. What can is: "
                   f'{", ".join(sorted(target.fields))}, metadata["key"].')
    return target.fields[clause.field]


def _number(clause: Clause, expression: str, kind: str, name: str, values: Row) -> str:
    if clause.operator == "~" or not _NUMBER.fullmatch(clause.value or ""):
        raise _bad(f"{clause.field} is a {'time in seconds since 1970' if kind == 'time' else 'number'}: compare it "
                   "with one of : > < >= <= and a whole number.")
    values[name] = int(clause.value or "")
    if kind == "time":
        expression = f"floor(extract(epoch FROM {expression}))"
    return f"{expression} {_COMPARED.get(clause.operator, '=')} %({name})s"


async def find(ctx: Any, target: Searchable, params: Row, url: str, shape: Callable[[Row], Row]) -> Row:
    """A page of results, newest first; `shape` renders a row of the statement."""
    condition, values = where(target, params["query"])
    limit = params.get("limit") or 10
    after = _opened(params["page"]) if params.get("page") else None
    key = f"({target.alias}.created_at, {target.alias}.id)"
    beyond = (f" AND {key} < (SELECT created_at, id FROM {target.table} "  # noqa: S608 - constants; values are bound
              "WHERE env = %(env)s AND id = %(after)s)") if after else ""
    rows = await ctx.db.rows(
        ctx.env, f"{target.base} AND ({condition}){beyond} ORDER BY {target.alias}.created_at DESC, "
                 f"{target.alias}.id DESC LIMIT %(limit)s",
        {**values, "env": ctx.env, "after": after, "limit": limit + 1})
    data = [shape(row) for row in rows[:limit]]
    more = len(rows) > limit
    return {"object": "search_result", "url": url, "has_more": more, "data": data,
            "next_page": _sealed(data[-1]["id"]) if more else None}


def _sealed(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode()


def _opened(page: str) -> str:
    try:
        return base64.b64decode(page, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidRequest("This is no page of a search: pass next_page as the previous answer gave it.",
                             param="page") from error


def _bad(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="query")
