"""What a caller is told of a database that is away or full."""

import pytest
import structlog
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError

from backend.db import CommitUnknown, absence
from backend.requests import answers
from backend.web import errors


def lost(cause: Exception) -> CommitUnknown:
    """As `Database.call` raises what happened on the way."""
    unknown = CommitUnknown(str(cause))
    unknown.__cause__ = cause
    return unknown


FULL = [pg.DiskFull("x"), lost(pg.DiskFull("x")), DBAPIError("s", {}, pg.DiskFull("x"))]
AWAY = [pg.AdminShutdown("x"), pg.CannotConnectNow("x"), pg.CrashShutdown("x"), lost(pg.ConnectionFailure("x")),
        pg.OutOfMemory("x"), pg.IoError("could not fsync"), OSError(28, "No space left on device")]


@pytest.mark.parametrize(("error", "says"), [(one, "has no room left on its disk") for one in FULL]
                         + [(one, "cannot be reached right now") for one in AWAY], ids=repr)
def test_it_is_said_and_the_request_may_be_sent_again(error: Exception, says: str) -> None:
    assert says in (absence(error) or "")
    answer = answers.of_error(errors.known(error, "req_1", structlog.get_logger()))
    assert answer.status == 503
    assert says in answer.body.decode()
    assert '"type":"api_error"' in answer.body.decode()


@pytest.mark.parametrize("error", [pg.UniqueViolation("x"), pg.QueryCanceled("x"), ValueError("x")], ids=repr)
def test_other_errors_are_no_absence(error: Exception) -> None:
    assert absence(error) is None
