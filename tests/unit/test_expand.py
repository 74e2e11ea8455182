"""Expanding: one query a path, however many rows; plans that lead nowhere are refused before anything runs."""

import asyncio
from collections import Counter

import pytest

from api.expand import Expander
from backend.errors import InvalidRequest
from backend.objects import expandable, hash_of, list_of, nested, null, string, sub_list, table

PAYMENT = table("payment", "", {"customer": null(expandable("customer")), "lines": sub_list("line"), "memo": string,
                                "parts": list_of(expandable("line")),
                                "inner": hash_of({"method": null(expandable("method"))})})
CUSTOMER = table("customer", "", {"method": null(expandable("method"))})
METHOD = table("method", "", {"owner": null(expandable("customer"))})
LINE = table("line", "", {"customer": null(expandable("customer")), "full": null(nested("method"))})
asked: Counter = Counter()


def _many(object: str, **fields: str):
    async def many(_ctx, wanted):
        asked[object] += 1
        return {id: {"id": id, "object": object, **fields} for id in wanted if not id.endswith("gone")}
    return many


async def _lines(_ctx, parents):
    asked["lines"] += 1
    return {id: {"object": "list", "data": [{"id": "li_1", "object": "line", "customer": "cus_9"}]} for id in parents}


EXPANDER = Expander({one.name: one for one in (PAYMENT, CUSTOMER, METHOD, LINE)},
                    {"cus": _many("customer", method="pm_1"), "pm": _many("method", owner="cus_2"),
                     "li": _many("line", customer="cus_3")}, {("payment", "lines"): _lines})


def expanded(answer, *paths, listed=False):
    asked.clear()
    trie = EXPANDER.plan({str(place): path for place, path in enumerate(paths)}, "payment", listed=listed)
    asyncio.run(EXPANDER.apply(None, answer, trie))
    return answer


def payment(number: int = 1) -> dict:
    return {"id": f"pi_{number}", "object": "payment", "customer": f"cus_{number}", "parts": ["li_1", "li_2"],
            "inner": {"method": "pm_7"}}


def test_a_hundred_rows_cost_one_query_a_path():
    page = {"object": "list", "data": [payment(number) for number in range(100)]}
    expanded(page, "data.customer", "data.customer.method", "data.lines", "data.inner.method", listed=True)
    assert asked == {"customer": 1, "method": 2, "lines": 1}
    assert page["data"][50]["customer"]["method"]["owner"] == "cus_2"
    assert page["data"][50]["inner"]["method"]["object"] == "method"


def test_four_levels_and_the_objects_of_a_list_within():
    answer = expanded(payment(), "customer.method.owner.method", "lines.data.customer", "parts.customer")
    assert answer["customer"]["method"]["owner"]["method"]["object"] == "method"
    assert answer["lines"]["data"][0]["customer"]["id"] == "cus_9"
    assert [one["customer"]["id"] for one in answer["parts"]] == ["cus_3", "cus_3"]


def test_what_is_null_stays_null_and_what_is_gone_stays_an_id():
    assert expanded({**payment(), "customer": None}, "customer.method")["customer"] is None
    assert expanded({**payment(), "customer": "cus_gone"}, "customer.method")["customer"] == "cus_gone"


@pytest.mark.parametrize("path", ["memo", "nothing", "customer.nothing", "", "customer.", ".customer", "inner",
                                  "lines.customer", "data.customer", "a.b.c.d.e", "customer.method.owner.method.owner"])
def test_a_path_that_leads_nowhere_is_refused(path):
    with pytest.raises(InvalidRequest) as refused:
        EXPANDER.plan({"0": "customer", "1": path}, "payment", listed=False)
    assert refused.value.param == "expand[1]"


@pytest.mark.parametrize("given", ["customer", {"0": {"a": "b"}}, {str(n): "customer" for n in range(21)}])
def test_expand_is_a_short_list(given):
    with pytest.raises(InvalidRequest) as refused:
        EXPANDER.plan(given, "payment", listed=False)
    assert refused.value.param == "expand"


def test_what_returns_nothing_known_expands_nothing():
    with pytest.raises(InvalidRequest):
        EXPANDER.plan({"0": "customer"}, None, listed=False)
