"""ACQUIRERS: who is where and speaks what; what cannot be read, or is spoken by nobody, is said at the start."""

import pytest
from pydantic import ValidationError

from backend.clock import SystemClock
from backend.config import Address, Settings
from backend.networks import connectors
from vault import process


def settings(acquirers: str) -> Settings:
    return Settings.model_validate({"ACQUIRERS": acquirers, "VAULT_DATABASE_URL": "postgresql://nowhere/"})


def test_an_acquirer_has_a_name_and_an_address() -> None:
    read = settings("alder=10.0.0.1:8432, birch=iso8583://birch.example:8433,")
    assert read.acquirer_addresses == {"alder": Address("iso8583", "10.0.0.1", 8432),
                                       "birch": Address("iso8583", "birch.example", 8433)}
    assert list(connectors.made(read, SystemClock())) == ["alder", "birch", "bank"]
    assert process.trouble(read) is None


@pytest.mark.parametrize("wrong", ["alder", "alder=", "alder=10.0.0.1", "alder=:8432", "=10.0.0.1:8432",
                                   "alder=10.0.0.1:x", "alder=https://alder.example/pay"])
def test_what_names_no_address_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError, match=f"ACQUIRERS is a list of name=host:port.* and '{wrong}' is neither"):
        settings(f"birch=10.0.0.1:8433,{wrong}")


def test_a_protocol_that_nobody_speaks_is_refused_at_the_start() -> None:
    told = process.trouble(settings("alder=10.0.0.1:8432,cedar=https://cedar.example:443"))
    assert told == ("ACQUIRERS says that cedar speaks https, and there is no connector for that; there are: "
                    f"{', '.join(connectors.PROTOCOLS)}.")
