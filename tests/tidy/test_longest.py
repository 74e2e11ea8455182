"""The list of the longest test files is kept up: who starts a whole stack, or an experiment with one, stands in it."""

import re

from tests.longest import LONGEST
from tests.stack import ROOT

_STARTS = re.compile(r"\b(running|Stack|PatientStack)\(|^from tests\.fault\.experiments import", re.MULTILINE)


def test_every_file_that_starts_a_stack_of_its_own_is_begun_early() -> None:
    starts = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")
              if re.search(r"from tests\.(stack|fault\.experiments) import", text := path.read_text())
              and _STARTS.search(text) and not path.is_relative_to(ROOT / "tests" / "tidy")]
    assert len(starts) > 10
    assert sorted(set(starts) - set(LONGEST)) == []


def test_what_it_names_is_there_once() -> None:
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)
