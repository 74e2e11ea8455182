"""Which tests a change brings about."""

import pytest

from tests import quick

IMPORTS = {
    "backend/refunds/refunds.py": {"backend/money.py"}, "backend/money.py": set(), "api/refunds.py":
    {"backend/refunds/refunds.py"}, "tests/stack.py": set(), "tests/house.py": {"backend/refunds/refunds.py"},
    "tests/unit/test_money.py": {"backend/money.py"}, "tests/unit/test_forms.py": set(),
    "tests/unit/test_refund_states.py": {"backend/refunds/refunds.py"},
    "tests/integration/test_portal.py": {"tests/stack.py"},
    "tests/conformance/test_refunds_python.py": {"tests/stack.py"}, "tests/fault/test_refunds.py": {"tests/house.py"},
    "tests/integration/test_debits.py": {"tests/house.py"},
}


@pytest.mark.parametrize(("changed", "run"), [
    ([], []),
    (["backend/money.py"], ["tests/unit/test_money.py", "tests/unit/test_refund_states.py"]),
    (["api/refunds.py"], ["tests/conformance/test_refunds_python.py", "tests/fault/test_refunds.py"]),
    (["backend/refunds/refunds.py"], ["tests/unit/test_refund_states.py", "tests/conformance/test_refunds_python.py",
                                      "tests/integration/test_debits.py", "tests/fault/test_refunds.py"]),
    (["backend/refunds/functions/refunds_write.sql"], ["tests/conformance/test_refunds_python.py",
                                                       "tests/fault/test_refunds.py"]),
    (["tests/integration/test_portal.py"], ["tests/integration/test_portal.py"]),
    (["docs/guides/refunds.md"], ["tests/conformance/test_readme.py", "tests/conformance/test_reference.py"]),
    (["templates/portal/home.html"], ["tests/integration/test_portal.py"]),
])
def test_what_a_change_touches_is_run(changed: list[str], run: list[str]) -> None:
    assert quick.chosen(changed, IMPORTS) == ["tests/tidy", *run]


def test_the_graph_knows_who_imports_whom() -> None:
    found = quick.graph()
    assert "backend/migrations/definitions.py" in found["backend/migrations/__init__.py"]
    assert "tests/quick.py" in found["tests/unit/test_quick.py"]
