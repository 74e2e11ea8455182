"""Tiers of rate limits, which requests count as what, and what a full process refuses first."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.app import ROUTES
from api.traffic import Place, Traffic, kind_of
from backend.accounts.api_keys import Opened
from backend.config import Settings
from backend.errors import ApiError
from backend.tiers import Rule, tiers

TEST, LIVE = (Opened(1, "acct_1", "", "secret", live, "mk_1", None) for live in (False, True))


def traffic(**settings: str) -> Traffic:
    chosen: Any = SimpleNamespace(settings=Settings.model_validate({"RATE_TIER_LIVE": "none", **settings}))
    return Traffic(chosen)


def test_a_tier_is_read_from_its_setting() -> None:
    found = tiers("1=100/s+150, 10000/h, list:25/s, 64 at once; free=")
    assert found["1"].rules == (Rule("all", 100, 1, 150), Rule("all", 10000, 3600, 10000), Rule("list", 25, 1, 50))
    assert found["1"].places == 64
    assert [rule.name for rule in found["1"].of("list")] == ["all", "all", "list"]
    assert [rule.name for rule in found["1"].of("payment")] == ["all", "all"]
    assert found["free"].rules == ()


@pytest.mark.parametrize("text", ["1=fast", "1=100", "1=100/d", "1=0/s", "=5/s", "1=x at once", "1=2000000/s"])
def test_what_is_no_tier_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Settings.model_validate({"RATE_TIERS": text, "RATE_TIER_LIVE": "none"})


def test_a_mode_cannot_name_a_tier_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="RATE_TIER"):
        Settings.model_validate({"RATE_TIER_TEST": "9"})


def test_the_sandbox_is_unlimited_by_default_and_live_is_not() -> None:
    chosen: Any = SimpleNamespace(settings=Settings.model_validate({}))
    assert not Traffic(chosen).limits(TEST)
    assert Traffic(chosen).limits(LIVE)


@pytest.mark.parametrize(("path", "method", "listed", "kind"), [
    ("/v1/payment_intents", "POST", False, "payment"), ("/v1/payment_intents", "GET", True, "list"),
    ("/v1/payment_intents/{id}", "GET", False, "read"), ("/v1/payment_intents/{id}", "POST", False, "write"),
    ("/v1/payment_intents/{id}/confirm", "POST", False, "finish"), ("/v1/refunds", "POST", False, "finish"),
    ("/v1/payment_intents/{id}/capture", "POST", False, "finish"), ("/v1/customers/search", "GET", False, "list"),
    ("/v1/customers/{id}", "DELETE", False, "write"),
])
def test_every_request_is_of_a_kind(path: str, method: str, listed: bool, kind: str) -> None:
    assert kind_of(path, method, listed) == kind


def test_every_list_among_the_routes_counts_as_one() -> None:
    lists = {path for path, methods in ROUTES.items() if "GET" in methods and methods["GET"].listed}
    assert lists
    assert {kind_of(path, "GET", True) for path in lists} == {"list"}


async def fill(one: Traffic, count: int) -> list[Place]:
    return [await one.enter(TEST, f"req_{number}", "finish") for number in range(count)]


async def test_a_full_process_sheds_lists_then_new_payments_and_never_what_finishes() -> None:
    one = traffic(REQUESTS_AT_ONCE="10")
    inside = await fill(one, 5)
    with pytest.raises(ApiError) as refused:
        await one.enter(TEST, "req_a", "list")
    assert refused.value.code == "overloaded"
    assert refused.value.headers["Retry-After"] == "1"
    inside += [await one.enter(TEST, "req_b", "payment") for _ in range(4)]
    for kind in ("payment", "write", "list"):
        with pytest.raises(ApiError):
            await one.enter(TEST, "req_c", kind)
    inside += [await one.enter(TEST, "req_d", kind) for kind in ("finish", "read") for _ in range(10)]
    for place in inside:
        one.leave(place)
    one.leave(await one.enter(TEST, "req_e", "list"))


async def test_a_live_installation_sheds_test_requests_before_live_ones() -> None:
    one = traffic(REQUESTS_AT_ONCE="10", FARTHING_LIVE="true")
    await fill(one, 7)
    with pytest.raises(ApiError):
        await one.enter(TEST, "req_a", "payment")
    await one.enter(LIVE, "req_b", "payment")
