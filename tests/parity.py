"""How much of the official package's API is here, computed from its own declarations; `make parity` writes the file."""

import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import stripe
from stripe._request_options import RequestOptions

from api.app import ROUTES
from api.endpoint import Endpoint
from backend.fields.structures import Array, Either, Hash, Map, Metadata, Range, Raw, Unset
from backend.versions import versions
from backend.versions.changes import CHANGES
from portal.docs import anchor
from tests.stack import ROOT

FILE = ROOT / "docs" / "parity.md"
NOT_YET = ROOT / "api" / "not_yet.txt"
_SCOPE = tuple("""
    payment_intents setup_intents charges refunds customers payment_methods tokens events webhook_endpoints
    checkout/sessions payment_links products prices balance balance_transactions payouts disputes
    test_helpers/test_clocks subscriptions subscription_items invoices invoiceitems invoice_payments coupons
    promotion_codes credit_notes tax_rates shipping_rates billing_portal radar reviews transfers accounts
    account account_links account_sessions application_fees topups files file_links confirmation_tokens
    customer_sessions mandates setup_attempts payment_method_configurations payment_method_domains
    subscription_schedules quotes reporting ephemeral_keys exchange_rates balance_settings test_helpers/refunds
    test_helpers/confirmation_tokens test_helpers/customers tax_ids country_specs""".split())
"""The resources that this project means to have."""
_CALL = re.compile(r'self\._request\(\s*"(get|post|delete)",\s*"(/v1/[^"]*)"')
_IMPORT = re.compile(r"from (stripe\.params[\w.]*) import \(?\s*(\w+)")
_NO_PARAMETERS = {"expand", *RequestOptions.__annotations__}
"""What every call has, and what the package's own functions take beside the parameters."""


@dataclass(frozen=True)
class Call:
    """One call of the official package: its route, and every parameter that it declares, `a.b` for `a[b]`."""

    method: str
    path: str
    declared: Mapping[str, str]
    """Each parameter with its annotation."""

    @property
    def params(self) -> frozenset[str]:
        return frozenset(self.declared)

    @property
    def emptied(self) -> frozenset[str]:
        """The parameters that an empty text clears."""
        return frozenset(name for name, kind in self.declared.items() if "Literal['']" in kind)

    @property
    def endpoint(self) -> Endpoint:
        """What answers it here."""
        return _OURS[self.path][self.method]

    @property
    def resource(self) -> str:
        """The part of the path before the first id, without words that are verbs."""
        words = self.path.removeprefix("/v1/").partition("/{")[0]
        return words.removesuffix("/search")

    @property
    def here(self) -> bool:
        return self.method in _OURS.get(self.path, {})

    @property
    def taken(self) -> frozenset[str]:
        """The parameters that are taken here."""
        return self.params & _named(self.endpoint.params.fields, self.params) if self.here else frozenset()


    @property
    def refused(self) -> list[str]:
        """The parameters that are not taken; a refused hash says it all: its fields need no mention."""
        refused = sorted(self.params - self.taken)
        return [one for one in refused if not any(one.startswith(f"{other}.") for other in refused)]

    @property
    def in_scope(self) -> bool:
        return any(f"{self.path.removeprefix('/v1/')}/".startswith(f"{name}/") for name in _SCOPE)


@cache
def official() -> list[Call]:
    """Every call of the official package's services, in the order of their paths."""
    found: dict[tuple[str, str], Call] = {}
    for info in pkgutil.walk_packages(stripe.__path__, "stripe."):
        if info.name.endswith("_service"):
            for call in _calls(importlib.import_module(info.name)):
                found.setdefault((call.path, call.method), call)
    return [found[key] for key in sorted(found)]


def _plain(path: str) -> str:
    """Paths are compared without the names of the ids within them."""
    return re.sub(r"\{[^}]*\}", "{}", path)


_OURS = {_plain(path): methods for path, methods in ROUTES.items()}


def _calls(module: ModuleType) -> Iterator[Call]:
    imported = {name: home for home, name in _IMPORT.findall(inspect.getsource(module))}
    for service in vars(module).values():
        if not inspect.isclass(service) or service.__module__ != module.__name__:
            continue
        for name, function in vars(service).items():
            request = _CALL.search(inspect.getsource(function)) if inspect.isfunction(function) else None
            if request and not name.endswith("_async"):
                yield Call(request[1].upper(), _plain(request[2]), dict(_declared(function, imported)))


def _declared(function: Any, imported: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    given = inspect.signature(function).parameters.get("params")
    named = re.search(r"\w+Params\b", str(given.annotation)) if given else None
    if named:
        yield from _keys(importlib.import_module(imported[named[0]]), named[0], "", ())


def _keys(module: ModuleType, name: str, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The parameters of one declaration and of those that it names in turn."""
    for key, annotation in getattr(module, name).__annotations__.items():
        if not above and key in _NO_PARAMETERS:
            continue
        yield f"{prefix}{key}", str(annotation)
        for inner in set(re.findall(r"\b\w+Params\w+\b", str(annotation))) & vars(module).keys():
            if inner not in above:
                yield from _keys(module, inner, f"{prefix}{key}.", (*above, inner))


def _named(fields: Mapping[str, Any], asked: frozenset[str], prefix: str = "") -> frozenset[str]:
    """Which of the parameters `asked` a table takes."""
    found: set[str] = set()
    for name, kind in fields.items():
        found |= {f"{prefix}{name}"} | _below(kind, asked, f"{prefix}{name}.")
    return frozenset(found)


def _below(kind: Any, asked: frozenset[str], prefix: str) -> frozenset[str]:
    if isinstance(kind, Unset | Array | Map | Either):
        inner = kind.type if isinstance(kind, Unset) else kind.hash if isinstance(kind, Either) else kind.item
        return _below(inner, asked, prefix)
    if isinstance(kind, Hash):
        return _named(kind.fields, asked, prefix)
    if isinstance(kind, Metadata | Raw | Range):
        return frozenset(one for one in asked if one.startswith(prefix))
    return frozenset()


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({round(100 * part / whole) if whole else 100}%)"


def _top(params: frozenset[str]) -> frozenset[str]:
    return frozenset(one for one in params if "." not in one)


def _sum(calls: list[Call]) -> tuple[str, str, str]:
    """Calls, parameters and parameters at every depth that are here, of all that these calls have."""
    here = [call for call in calls if call.here]
    return (_of(len(here), len(calls)), _of(sum(len(_top(call.taken)) for call in here),
                                            sum(len(_top(call.params)) for call in calls)),
            _of(sum(len(call.taken) for call in here), sum(len(call.params) for call in calls)))


def not_yet() -> str:
    """The names that the package declares and that are not taken here, a line for each call: what the API answers with
    another message than a misspelt name."""
    return "".join(f"{call.method} {call.path} {' '.join(call.refused)}\n" for call in official()
                   if call.here and call.refused)


def report() -> str:
    """The whole page."""
    calls = official()
    grouped = {name: list(rows) for name, rows in
               itertools.groupby(sorted(calls, key=lambda call: call.resource), key=lambda call: call.resource)}
    known = {name: rows for name, rows in grouped.items() if any(call.here for call in rows)}
    every = [call for rows in known.values() for call in rows]
    lines = [
        "# Parity", "",
        f"What of the API that the official Python package {stripe.VERSION} declares is here, in version "
        f"{versions.LATEST}. Nobody writes this page: `make parity` computes it from the package's own "
        "declarations and from the tables that check every request, and a test compares. What is not here is "
        "refused with a message, never ignored.", "",
        "| | Calls | Parameters | At every depth |", "|---|---|---|---|",
        f"| Everything that the package declares | {' | '.join(_sum(calls))} |",
        f"| What this project means to have | {' | '.join(_sum([call for call in calls if call.in_scope]))} |",
        f"| Resources that are here | {' | '.join(_sum(every))} |",
        *(f"| [{name}](#{anchor(name)}) | {' | '.join(_sum(rows))} |" for name, rows in known.items()),
        "", "Parameters at every depth include those for ways of paying that do not exist here.", "",
        "## Versions", "",
        "Every version takes the same calls and parameters: a request is turned into today's form, an answer back.",
        "", "| Version | Changes undone |", "|---|---|", *map(_version, versions.KNOWN), ""]
    for name, rows in known.items():
        lines += [f"## {name}", "", "| Call | Parameters | Refused |", "|---|---|---|", *map(_line, rows), ""]
    lines += ["## Resources that are not here", "", f"Of {len(calls)} calls in all, these are of resources that do not "
              "exist here: " + ", ".join(f"{name} ({len(rows)})" for name, rows in grouped.items()
                                         if name not in known) + ".", ""]
    return "\n".join(lines)


def _version(name: str) -> str:
    return f"| `{name}` | {sum(change.version[:10] > name[:10] for change in CHANGES)} |"


def _line(call: Call) -> str:
    shown = f"`{call.method} {call.path.replace('{}', '{id}')}`"
    if not call.here:
        return f"| {shown} | not here | |"
    return f"| {shown} | {_of(len(_top(call.taken)), len(_top(call.params)))} | {_names(call.refused)} |"


def _names(refused: list[str]) -> str:
    """The names; where more than six stand in one hash, their number."""
    found: list[str] = []
    for hash, names in itertools.groupby(refused, key=lambda one: one.rpartition(".")[0]):
        given = list(names)
        found += [f"`{hash}`: {len(given)} fields"] if hash and len(given) > 6 else [f"`{one}`" for one in given]
    return ", ".join(found)


if __name__ == "__main__":
    FILE.write_text(report(), encoding="utf-8")
    NOT_YET.write_text(not_yet(), encoding="utf-8")
    print(*[line for line in report().splitlines() if line.startswith(("| Everything", "| What", "| Resources"))],
          sep="\n")
