"""JSON is laid out line by line, whether it is whole or was cut."""

import orjson
import pytest

from portal.layout import laid_out

WHOLE = orjson.dumps({"id": "pi_1", "list": [1, {"a": "b,{\"}"}], "none": None, "empty": {}, "no": []}).decode()


def test_a_whole_document_is_indented() -> None:
    assert laid_out(WHOLE) == orjson.dumps(orjson.loads(WHOLE), option=orjson.OPT_INDENT_2).decode()


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_a_cut_document_reads_as_the_beginning_of_the_whole_one(length: int) -> None:
    whole, cut = laid_out(WHOLE), laid_out(WHOLE[:length])
    assert whole.startswith(cut.rstrip())


@pytest.mark.parametrize("text", ["", "<html>Bad gateway</html>", "plain, text: here", "  spaced  "])
def test_what_is_no_document_stays_as_it_is(text: str) -> None:
    assert laid_out(text) == text
