"""Budgets of declines: how they are written, and which addresses count as one."""

import pytest

from backend.budgets import Budget, budgets
from backend.config import Settings
from backend.risk import brakes
from backend.stack import checks


def test_a_setting_is_read() -> None:
    assert budgets("payment=5/24h, card=8/10m,block=1/30s") == {
        "payment": Budget(5, 86_400), "card": Budget(8, 600), "block": Budget(1, 30)}
    assert budgets("none") == budgets("") == {}


@pytest.mark.parametrize("text", ["payment", "payment=5", "payment=5/1d", "nobody=5/1h", "card=0/1h", "card=5/0h",
                                  "card=-1/1h", "card=5/1h;block=5/1h"])
def test_what_cannot_be_read_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="kind=number/time"):
        Settings(DECLINE_BUDGETS=text)


@pytest.mark.parametrize("live", [True, False])
def test_every_kind_has_a_budget_by_default_and_none_is_over_twenty_for_a_shopper(live: bool) -> None:
    found = Settings().decline_budget_table[live]
    assert set(found) == {"payment", "card", "block", "bin", "link", "merchant"}
    assert max(found[kind].declines for kind in ("payment", "card", "block", "link")) <= 20


@pytest.mark.parametrize(("address", "block"), [
    ("192.0.2.7", "192.0.2.0/24"), ("192.0.2.255", "192.0.2.0/24"), ("::ffff:192.0.2.7", "192.0.2.0/24"),
    ("2001:db8:1:2::7", "2001:db8:1::/48"), ("2001:db8:1:ffff::1", "2001:db8:1::/48"), ("fe80::1%eth0", "fe80::/48"),
    ("", "unknown"), ("testclient", "unknown")])
def test_addresses_that_one_shopper_could_have_count_as_one(address: str, block: str) -> None:
    assert brakes.block(address) == block


@pytest.mark.parametrize(("live", "proxy", "warned"), [(True, "", 1), (True, "127.0.0.1", 0), (False, "", 0)])
def test_live_mode_says_at_the_start_that_it_knows_no_proxy(monkeypatch: pytest.MonkeyPatch, live: bool, proxy: str,
                                                            warned: int) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxy)
    assert len(checks.warnings(Settings(FARTHING_LIVE=live))) == warned
