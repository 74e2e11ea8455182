"""Card numbers in any script are refused, and addresses of live mode are https."""

import pytest

from api import charges, live, payment_intents
from backend import card_numbers
from backend.cards import numbers
from backend.errors import InvalidRequest
from backend.fields.structures import Array, Hash, Metadata
from backend.fields.tables import Table
from backend.fields.types import Url

TABLE = Table({"metadata": Metadata(), "url": Url(), "deep": Hash({"list": Array(Url())})})


@pytest.mark.parametrize("zero", ["\u0660", "\u0966", "\uff10"])
def test_a_card_number_in_the_digits_of_any_script_is_refused(zero: str) -> None:
    text = "".join(chr(ord(zero) + int(char)) for char in "4242424242424242")
    for tree in ({"metadata": {"note": text}}, {"metadata": {text: "note"}}, {text: "x"}):
        with pytest.raises(InvalidRequest) as refused:
            TABLE.parse(tree)
        assert refused.value.code in ("parameter_invalid_card_number", "parameter_invalid_string_length")
    assert numbers.inside(text)
    assert card_numbers.hide(f"ä {text}") == "ä [redacted]"
    assert card_numbers.hide("ä\u00a0١٢٣") == "ä\u00a0١٢٣"


def test_in_live_mode_nobody_is_promised_a_mail_that_cannot_leave() -> None:
    tables = (payment_intents.CREATE, payment_intents.UPDATE, payment_intents.CONFIRM,
              charges.CREATE, charges.UPDATE, charges.CAPTURE)
    for table in tables:
        given = {"amount": "500", "currency": "usd"}
        tree = {name: given[name] for name, kind in table.fields.items() if kind.required}
        assert table.parse(tree | {"receipt_email": "a@example.com"})["receipt_email"] == "a@example.com"
        with pytest.raises(InvalidRequest, match="no receipts are sent") as refused:
            live.table(table, mails=False).parse(tree | {"receipt_email": "a@example.com"})
        assert refused.value.param == "receipt_email"
        assert live.table(table, mails=False).parse(tree) is not None
        kept = live.table(table, mails=True).parse(tree | {"receipt_email": "a@example.com"})
        assert kept["receipt_email"] == "a@example.com"


@pytest.mark.parametrize("tree", [{"url": "http://a.example/x"}, {"deep": {"list": {"0": "http://a.example"}}}])
def test_in_live_mode_an_address_must_be_https(tree: dict[str, object]) -> None:
    assert TABLE.parse(tree)
    with pytest.raises(InvalidRequest) as refused:
        live.table(TABLE, mails=True).parse(tree)
    assert refused.value.code == "url_invalid"
    assert live.table(TABLE, mails=True).parse({"url": "https://a.example/x"})
