"""Whoever subscribes to a type is told when nobody would ever emit it; those that may be subscribed to are emitted."""

import re
from pathlib import Path

import pytest

from backend.errors import InvalidRequest
from backend.events import reactions, types
from backend.events.reactions import Reaction
from workers.outbox import REACTIONS

ROOT = Path(__file__).parents[2]
SOURCE = "\n".join(path.read_text() for folder in ("backend", "workers") for kind in ("py", "sql")
                   for path in (ROOT / folder).rglob(f"*.{kind}") if path.name != "types.py")
PLAIN = re.findall(r'Resource\([^"]*"[a-z]+", "[a-z_.]+", "[^"]*",\s*"([a-z_.]+)"', SOURCE)
"""The first words of the types that plain resources emit when they are created."""


def test_each_kind_of_type_is_apart() -> None:
    assert not types.EMITTED & (types.TO_COME | types.FOREIGN)
    assert not types.TO_COME & types.FOREIGN
    assert len(types.EMITTED) >= 50
    assert len(PLAIN) >= 8


def test_what_may_be_subscribed_to_is_emitted_somewhere() -> None:
    made = {f"{name}.created" for name in PLAIN}
    assert sorted(one for one in types.EMITTED - made if one not in SOURCE) == []


def test_the_guide_lists_what_may_be_subscribed_to() -> None:
    listed = (ROOT / "docs" / "guides" / "webhooks.md").read_text().partition("## All event types")[2]
    assert re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", listed) == list(types.Type)


def test_what_is_emitted_may_be_subscribed_to() -> None:
    drafted = set(re.findall(r'(?:type=|draft\([^,()]+, )"([a-z_]+(?:\.[a-z_]+)+)"', SOURCE))
    assert len(drafted) >= 10
    assert sorted(drafted - types.EMITTED) == []


@pytest.mark.parametrize(("type", "words"), [("invoice.paid", "Nothing here emits"),
                                             ("billing.meter.created", "product"),
                                             ("payment_intent.suceeded", "payment_intent.succeeded")])
def test_a_type_that_nobody_emits_is_refused_by_name(type: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(words)) as refused:
        types.check(["charge.succeeded", type])
    assert refused.value.param == "enabled_events[1]"
    assert type in refused.value.message


def test_only_what_is_the_business_of_a_reaction_awaits_it() -> None:
    for type in types.Type:
        heard = type in reactions.HEARS[Reaction.SETTLE_SESSION]
        assert reactions.awaited(type, [Reaction.SETTLE_SESSION]) == ["settle_session"] * heard
        assert reactions.awaited(type, []) == []


def test_every_reaction_hears_of_something() -> None:
    assert set(reactions.HEARS) == set(Reaction)
    assert all(reactions.HEARS.values())


def test_every_reaction_has_its_verb() -> None:
    assert set(REACTIONS) == set(Reaction), "workers/outbox.py names the verb of each"


def test_every_reaction_is_awaited_by_an_event_of_somebody() -> None:
    """One that no writer names in `concerns` would never run, and nobody would miss it."""
    writers = "".join(path.read_text() for path in (ROOT / "backend").rglob("*.py") if path.name != "reactions.py")
    assert [one for one in Reaction if f"Reaction.{one.name}" not in writers] == []
