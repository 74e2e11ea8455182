"""The query language: what it reads, what it binds, and how it says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import search
from backend.errors import InvalidRequest
from backend.search import Clause, Field, Searchable

THING = Searchable("SELECT 1", "t", "t", "t.metadata", {
    "name": Field("t.name", "text"), "status": Field("t.status", "token"), "amount": Field("t.amount", "number"),
    "created": Field("t.created_at", "time"), "active": Field("t.active", "boolean"),
    "card.last4": Field("t.last4", "token")})


@pytest.mark.parametrize(("query", "join", "clauses"), [
    ('status:"succeeded"', "AND", [Clause("status", None, ":", "succeeded", False)]),
    ("name:'a b' amount>=10", "AND", [Clause("name", None, ":", "a b", False),
                                      Clause("amount", None, ">=", "10", False)]),
    ('name~"abc" OR -card.last4:4242', "OR", [Clause("name", None, "~", "abc", False),
                                              Clause("card.last4", None, ":", "4242", True)]),
    ('status:"a" and amount>1 And -amount:2', "AND", [Clause("status", None, ":", "a", False),
                                                      Clause("amount", None, ">", "1", False),
                                                      Clause("amount", None, ":", "2", True)]),
    ('status:"a" or status:"b" oR status:"and"', "OR", [Clause("status", None, ":", one, False)
                                                        for one in ("a", "b", "and")]),
    ('metadata["or\\"der"]:"6\\"7" AND -metadata["x"]:null', "AND", [
        Clause("metadata", 'or"der', ":", '6"7', False), Clause("metadata", "x", ":", None, True)]),
    ('  status : "null"  ', "AND", [Clause("status", None, ":", "null", False)]),
])
def test_a_query_is_read(query, join, clauses):
    assert search.parse(query) == (join, clauses)


@pytest.mark.parametrize(("query", "says"), [
    ("", "I cannot read"), ("status", "I cannot read"),
    ('status="x"', "I cannot read"), ('status:"x', "I cannot read"),
    ('status:"x" AND', "I cannot read"), ('status:"x" AND amount:1 OR amount:2', "not by both"),
    ('status:"x"a:1', "blank"), ('nothing:"x"', "cannot be searched here"), ('name["x"]:"y"', "cannot be searched"),
    ('metadata:"x"', "Name the key"), ('name~"ab"', "three characters"),
    ('status~"abc"', "cannot be searched with"), ('status>"abc"', "is no number"),
    ("amount:ten", "whole number"), ("amount~100", "whole number"), ("created>yesterday", "seconds since 1970"),
    ("amount>null", "null can only"), ("active:maybe", '"true" or "false"'),
    ("a:1 " * 11, "cannot be searched|at most"),
    ("status:x " * 11, "at most 10"), ("status:" + "x" * 2000, "longer than"), ("status:\x00", "null character"),
    ("'; DROP TABLE t; --", "I cannot read"), ("status:1; DROP", "I cannot read"),
])
def test_what_is_wrong_is_said(query, says):
    with pytest.raises(InvalidRequest, match=says) as refused:
        search.where(THING, query)
    assert refused.value.param == "query"


def test_values_are_bound_and_never_written():
    condition, values = search.where(THING, """name:"x' OR 1=1 --" -status:"%(env)s" metadata["a%b"]:"c" """)
    assert condition == ("(lower(t.name) = %(q0)s) AND NOT coalesce(t.status = %(q1)s, false) "
                         "AND (lower((t.metadata ->> %(q2k)s)) = %(q2)s)")
    assert values == {"q0": "x' or 1=1 --", "q1": "%(env)s", "q2k": "a%b", "q2": "c"}


@given(st.text(alphabet='abc"\'\\:~><=- []()%metadatanull.0123ANDOR', max_size=60))
def test_no_text_breaks_the_reader(query):
    try:
        condition, values = search.where(THING, query)
    except InvalidRequest:
        return
    assert condition
    assert all(f"%({name})s" in condition for name in values)
