"""Every error code that our code can raise is explained, with examples where a request can bring it about."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from backend.codes import Code
from backend.customers import microdeposits
from backend.networks import declines
from tests.stack import ROOT
from tests.tidy.test_house import tree

MODULES = sorted(path for package in ("api", "backend", "checkout", "portal", "vault")
                 for path in (ROOT / package).rglob("*.py"))
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
_INSIDE = {"token_invalid", "vault_error"}
"""Said on the hosted page only, or between our own processes."""
_POSTINGS = {"capture", "refund", "refund_reversal"}
"""Codes of the ledger, which stand under the same word."""


def _texts(node: ast.AST | None, names: dict[str, str]) -> Iterator[str]:
    """The texts that an expression may be: constants, names of constants, both arms of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        yield from filter(None, [names.get(name)])
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, names)
        yield from _texts(node.orelse, names)


def _taking(path: Path) -> Iterator[tuple[str, int]]:
    """Functions that are given a code by its place among the arguments, and that place."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            places = [argument.arg for argument in node.args.args if argument.arg != "self"]
            if "code" in places and not node.name.startswith("_"):
                yield node.name, places.index("code")


@cache
def _places() -> dict[str, int]:
    return dict(pair for path in MODULES for pair in _taking(path))


def _raised(path: Path) -> Iterator[str]:
    """Every text that stands where an error's code stands."""
    names = {target.id: node.value.value for node in ast.walk(tree(path))
             if isinstance(node, ast.Assign | ast.AnnAssign)
             and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
             for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
             if isinstance(target, ast.Name)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and not ast.unparse(node.func).startswith(("log.", "self._log.")):
            for keyword in node.keywords:
                if keyword.arg == "code":
                    yield from _texts(keyword.value, names)
            place = _places().get(ast.unparse(node.func).rpartition(".")[2], len(node.args))
            yield from _texts(node.args[place] if place < len(node.args) else None, names)
        elif isinstance(node, ast.Dict):
            pairs = {key.value: value for key, value in zip(node.keys, node.values, strict=True)
                     if isinstance(key, ast.Constant)}
            if "message" in pairs:
                yield from _texts(pairs.get("code"), names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            placed = list(zip(node.args.args[::-1], node.args.defaults[::-1], strict=False))
            for argument, default in (*placed, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)):
                if argument.arg == "code":
                    yield from _texts(default, names)


@cache
def raised() -> set[str]:
    """Every code that our code can raise."""
    return {code for path in MODULES for code in _raised(path)} - _INSIDE - _POSTINGS


REFUSALS = [declines.explain(why) for why in declines.CARDS]
RETURNED = {code for code, _ in [*declines.DEBITS.values(), *microdeposits.FAILED.values()]} | {
    f"payment_method_microdeposit_verification_{told}_mismatch" for told in ("amounts", "descriptor_code")}
"""What a bank or its microdeposits bring about: these codes stand in tables."""


def test_every_code_has_its_place_on_the_page() -> None:
    codes = raised() | RETURNED | {one.code for one in REFUSALS}
    assert sorted(code for code in codes if f"### `{code}`\n" not in PAGE) == [], "explain them in docs/errors.md"


def test_every_decline_code_is_explained() -> None:
    codes = {one.decline_code for one in REFUSALS if one.decline_code}
    assert sorted(code for code in codes if f"`{code}`" not in PAGE) == [], "explain them under card_declined"


def test_the_search_finds_codes_in_all_their_places() -> None:
    assert {"parameter_unknown", "payment_intent_unexpected_state", "acquirer_unavailable", "email_invalid",
            "payment_intent_authentication_failure", "charge_expired_for_capture"} <= raised()


def test_the_list_has_every_code_and_no_other() -> None:
    """That no other one is raised is for mypy to say."""
    assert set(get_args(Code)) == raised() | RETURNED | {one.code for one in REFUSALS} | _INSIDE


def test_no_code_is_explained_that_nobody_raises() -> None:
    explained = set(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE))
    assert explained - raised() - RETURNED - {one.code for one in REFUSALS} == set()
