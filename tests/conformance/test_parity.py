"""The page about parity says what the code does."""

from tests import parity


def test_the_page_is_what_the_code_gives() -> None:
    assert parity.FILE.read_text(encoding="utf-8") == parity.report(), "run: make parity"


def test_the_names_that_are_not_taken_yet_are_those_of_the_package() -> None:
    assert parity.NOT_YET.read_text(encoding="utf-8") == parity.not_yet(), "run: make parity"


def test_the_official_package_is_read_whole() -> None:
    calls = {(call.method, call.path): call for call in parity.official()}
    assert len(calls) > 500
    refund = calls["POST", "/v1/refunds"]
    assert {"amount", "charge", "payment_intent", "reason"} <= refund.taken
    assert refund.taken <= refund.params
    order = calls["POST", "/v1/climate/orders"]  # a product that is not part of Farthing
    assert ("product" in order.params, order.taken) == (True, frozenset())
    assert "price_data.product_data.name" in {one.removeprefix("line_items.") for one in
                                              calls["POST", "/v1/checkout/sessions"].taken}
