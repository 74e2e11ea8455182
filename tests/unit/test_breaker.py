"""The circuit breaker's life, on a clock of its own; and in which order acquirers are tried."""

import pytest

from backend.errors import ApiError
from backend.networks import breaker, declines, iso8583, routing
from backend.networks.breaker import Breaker, Breakers
from backend.networks.port import Reason


class Ticks:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def one(ticks: Ticks) -> Breaker:
    return Breaker("alder", ticks)


def told(one: Breaker, *words: bool | None) -> None:
    for sick in words:
        permit = one.enter()
        assert permit is not None
        with permit:
            permit.heard(sick)


def opened(one: Breaker) -> Breaker:
    told(one, *[True] * breaker.VOLUME_MIN)
    assert one.state == "open"
    return one


def test_half_of_the_answers_missing_opens_it(one: Breaker) -> None:
    told(one, *[False] * 5, *[True] * 4)
    assert one.state == "closed"
    told(one, True)
    assert one.state == "open"
    assert one.enter() is None


def test_less_than_half_does_not(one: Breaker) -> None:
    told(one, *[False, True, False] * 40)
    assert one.state == "closed"


def test_few_answers_say_nothing(one: Breaker) -> None:
    told(one, *[True] * (breaker.VOLUME_MIN - 1))
    assert one.state == "closed"


def test_answers_that_tell_nothing_count_for_nothing(one: Breaker) -> None:
    told(one, *[None] * 100, *[True] * (breaker.VOLUME_MIN - 1))
    assert one.state == "closed"


def test_what_is_older_than_the_window_is_forgotten(one: Breaker, ticks: Ticks) -> None:
    told(one, *[True] * (breaker.VOLUME_MIN - 1))
    ticks.at += breaker.WINDOW_SECONDS
    told(one, *[True] * (breaker.VOLUME_MIN - 1))
    assert one.state == "closed"


def test_after_the_cool_down_one_probe_at_a_time(one: Breaker, ticks: Ticks) -> None:
    opened(one)
    ticks.at += breaker.COOL_DOWN_SECONDS - 0.1
    assert one.enter() is None
    ticks.at += 0.1
    probe = one.enter()
    assert probe is not None
    assert one.enter() is None
    probe.heard(False)
    assert one.enter() is not None


def test_five_successes_in_a_row_close_it(one: Breaker, ticks: Ticks) -> None:
    opened(one)
    ticks.at += breaker.COOL_DOWN_SECONDS
    told(one, *[False] * (breaker.CLOSE_AFTER - 1))
    assert one.state == "half_open"
    told(one, None, False)
    assert one.state == "closed"


def test_a_sick_probe_opens_it_for_the_whole_time_again(one: Breaker, ticks: Ticks) -> None:
    opened(one)
    ticks.at += breaker.COOL_DOWN_SECONDS
    told(one, *[False] * (breaker.CLOSE_AFTER - 1), True)
    assert one.enter() is None
    ticks.at += breaker.COOL_DOWN_SECONDS
    told(one, *[False] * (breaker.CLOSE_AFTER - 1))
    assert one.state == "half_open"  # the row begins anew


def test_a_probe_that_was_never_sent_is_given_back(one: Breaker, ticks: Ticks) -> None:
    opened(one)
    ticks.at += breaker.COOL_DOWN_SECONDS
    probe = one.enter()
    assert probe is not None
    with pytest.raises(RuntimeError), probe:
        raise RuntimeError
    assert one.enter() is not None


def test_with_nothing_else_to_try_a_probe_goes_soon_and_ever_more_rarely_while_it_fails(ticks: Ticks) -> None:
    breakers, names = Breakers(ticks), ["alder"]
    opened(breakers.of("alder"))
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        ticks.at += pause - 0.1
        for ask in (routing.pick, routing.require_any):
            with pytest.raises(ApiError):
                ask(breakers, names)
        ticks.at += 0.1
        routing.require_any(breakers, names)
        with routing.pick(breakers, names) as probe:
            with pytest.raises(ApiError):
                routing.pick(breakers, names)  # one at a time
            probe.heard(True)


def test_a_second_without_an_acquirer_costs_no_minute(ticks: Ticks) -> None:
    breakers = Breakers(ticks)
    opened(breakers.of("alder"))
    opened(breakers.of("birch"))
    ticks.at += breaker.LAST_RESORT_SECONDS
    for _ in range(breaker.CLOSE_AFTER):
        with routing.pick(breakers, ["alder", "birch"]) as permit:
            assert permit.name == "alder"
            permit.heard(False)
    assert breakers.of("alder").state == "closed"
    again = opened(breakers.of("alder"))
    ticks.at += breaker.LAST_RESORT_SECONDS  # what failed before it was well is forgotten
    assert again.probe() is not None


def test_no_probe_goes_early_while_another_acquirer_is_well(ticks: Ticks) -> None:
    breakers = Breakers(ticks)
    opened(breakers.of("alder"))
    ticks.at += breaker.COOL_DOWN_SECONDS / 2
    for _ in range(10):
        with routing.pick(breakers, ["alder", "birch"]) as permit:
            assert permit.name == "birch"
            permit.heard(False)
    assert breakers.of("alder").state == "open"


def test_answers_from_before_tell_nothing_of_now(one: Breaker, ticks: Ticks) -> None:
    late = [one.enter() for _ in range(20)]
    opened(one)
    ticks.at += breaker.COOL_DOWN_SECONDS
    for permit in late:
        assert permit is not None
        permit.heard(False)
    assert one.state == "half_open"
    for permit in late:
        assert permit is not None
        permit.heard(True)
    assert one.available


COSTS = {("alder", "visa"): 165, ("alder", "*"): 290, ("birch", "visa"): 180, ("birch", "*"): 240}


@pytest.mark.parametrize(("brand", "wanted"), [("visa", ["alder", "birch", "elm"]),
                                               ("amex", ["birch", "alder", "elm"])])
def test_the_cheapest_comes_first_and_who_has_no_price_last(brand: str, wanted: list[str]) -> None:
    assert routing.order(["elm", "birch", "alder"], COSTS, brand) == wanted


def test_between_equals_the_operators_order_decides() -> None:
    assert routing.order(["elm", "oak", "ash"], {}, "visa") == ["elm", "oak", "ash"]


def test_the_next_acquirer_is_taken_while_the_first_is_open_and_none_is_an_error_at_once(ticks: Ticks) -> None:
    breakers = Breakers(ticks)
    opened(breakers.of("alder"))
    with routing.pick(breakers, ["alder", "birch"]) as permit:
        assert permit.name == "birch"
    opened(breakers.of("birch"))
    for ask in (routing.pick, routing.require_any):
        with pytest.raises(ApiError) as told_so:
            ask(breakers, ["alder", "birch"])
        assert (told_so.value.code, told_so.value.retry) == ("acquirer_unavailable", True)


@pytest.mark.parametrize(("code", "again"), [("06", True), ("19", True), ("92", True), ("05", False), ("51", False),
                                             ("41", False), ("ZZ", False), (None, False)])
def test_only_soft_declines_on_the_list_are_tried_elsewhere(code: str | None, again: bool) -> None:
    why = iso8583.REASONS.get(code, Reason.OTHER) if code else None
    assert declines.elsewhere(why, code, frozenset({"06", "19", "92", "41", "ZZ"})) is again
