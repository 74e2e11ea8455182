"""The commands beside `run`: each has the databases up for its own length and nothing else."""

from backend.config import Settings
from backend.stack import checks, databases, run
from backend.stack.console import say
from backend.stack.trouble import Trouble


def migrate(settings: Settings) -> None:
    """Bring the schema up to date."""
    with run.alone(settings) as places, databases.running(settings, places) as connected:
        run.migrate(connected)
    say("The database has the newest schema.")


def seed(settings: Settings) -> None:
    """Make the demo merchants (schema included) and print where their values are."""
    if settings.live:
        raise Trouble("There is no demo in live mode: unset FARTHING_LIVE, or make accounts with 'farthing account'.")
    with run.alone(settings) as places, databases.running(settings, places) as connected:
        run.migrate(connected)
        values = run.seed(connected, places)
    for one in (values, values["second_merchant"]):
        say(f"Account {one['account']}, log in as {one['portal_email']}; keys and password are in "
            f"{places.sandbox_json}.")


def check_settings(settings: Settings) -> None:
    """Print every finding; ends with Trouble when there is one."""
    with run.alone(settings) as places, databases.running(settings, places) as connected:
        found = checks.findings(connected, places)
    for sentence in found:
        say(f"- {sentence}")
    if found:
        raise Trouble(f"{len(found)} of the settings need attention.")
    say("The settings are sound.")
