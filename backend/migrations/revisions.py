"""Which revisions of the schema this code knows, and whether a database stands at the newest of them.

It reads the files of `versions/` as text: processes ask this at every start, and Alembic is slow to import.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from backend.migrations import definitions

QUERY = "SELECT version_num FROM core.alembic_version"
_VERSIONS = Path(__file__).resolve().parent / "versions"
_NAME = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_DOWN = re.compile(r'^down_revision = (?:None|"(\w+)")$', re.MULTILINE)
_UNREADABLE = ("42501", "42P01", "3F000")  # no right to read it, no such table, no such schema: rows of before

Read = Callable[[int, str], Awaitable[list[dict[str, Any]]]]


class WrongRevision(Exception):
    """The database cannot be used by this code; the text is one sentence that says what to do."""


@cache
def known() -> tuple[str, ...]:
    """Every revision from the first to the newest."""
    after: dict[str | None, str] = {}
    for path in _VERSIONS.glob("*.py"):
        text = path.read_text()
        name, down = _NAME.search(text), _DOWN.search(text)
        if not name or not down:
            raise ValueError(f"{path.name} must name its revision and the one before in a line each")
        assert down[1] not in after, f"two revisions follow {down[1]}"
        after[down[1]] = name[1]
    line: list[str] = []
    while (step := after.get(line[-1] if line else None)) is not None:
        line.append(step)
    return tuple(line)


def refuse_newer(found: Iterable[str]) -> None:
    """Raises WrongRevision when the database names a revision that this code does not know."""
    for name in found:
        if name not in known():
            raise WrongRevision(
                f"The database has the schema revision '{name}', which this version of Farthing does not know, so a "
                "newer version has upgraded it: start that version or a later one, or restore a backup from before "
                "the upgrade.")


async def require(read: Read) -> None:
    """Raises WrongRevision unless the database that `read` (env, query) asks stands at the newest revision, with this
    code's functions in force."""
    try:
        found = [str(row["version_num"]) for row in await read(0, QUERY)]
    except Exception as error:
        if getattr(error, "sqlstate", None) not in _UNREADABLE:
            raise
        found = []
    refuse_newer(found)
    if found != [known()[-1]]:
        stands = f"at the schema revision '{found[0]}'" if found else "at an early schema revision"
        raise WrongRevision(f"The database stands {stands}, and this version of Farthing needs '{known()[-1]}': run "
                            "`farthing migrate` first.")
    if definitions.differ(await read(0, definitions.QUERY)):
        raise WrongRevision("The functions of the database are those of another version of Farthing: run `farthing "
                            "migrate` of the version that is to serve.")
