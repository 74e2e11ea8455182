"""The commands for the machine: start everything, keep it safe, check it."""

from typing import Annotated

import typer

from commands import command

app = typer.Typer()
_RUN, SAFE = "Run it", "Keep it safe"


@app.command(rich_help_panel=_RUN)
def run() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    from backend.stack import run

    run.run(command.settings())


@app.command(rich_help_panel=_RUN)
def migrate() -> None:
    """Bring the database to the newest schema."""
    from backend.stack import commands

    commands.migrate(command.settings())


@app.command(rich_help_panel=_RUN)
def seed() -> None:
    """Make the demo merchants, or show them when they are there."""
    from backend.stack import commands

    commands.seed(command.settings())


@app.command(rich_help_panel=SAFE)
def check_settings() -> None:
    """Say what is unsafe or wrong in the settings and the servers they name."""
    from backend.stack import commands

    commands.check_settings(command.settings())


@app.command(rich_help_panel=SAFE)
def verify() -> None:
    """Check the books: every invariant, and our records against the acquirers'."""
    from backend.stack.verify import verify

    verify(command.settings())


@app.command(rich_help_panel=SAFE)
def backup(
    to: Annotated[str | None, typer.Option(metavar="DIR", help="Where it goes (default: FARTHING_BACKUP, or backup in "
                                                               "the data folder).")] = None,
    without_secrets: Annotated[bool, typer.Option(
        "--without-secrets", help="Leave keys and passwords out: keep them elsewhere, for without them no stored card "
                                  "can ever be read again.")] = False) -> None:
    """Take a base backup of the embedded database; from then on its log is archived, too."""
    from backend.stack.backup import backup

    backup(command.settings(), to, without_secrets)


@app.command(rich_help_panel=SAFE)
def restore(
    source: Annotated[str | None, typer.Option("--from", metavar="DIR", help="Where the backups are (default: as for "
                                                                             "backup).")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="As of this moment, such as "
                                                                   "2026-11-21T03:00:00+00:00.")] = None,
    seconds_ago: Annotated[float | None, typer.Option(metavar="N", help="As of N seconds ago.")] = None) -> None:
    """Bring the database back from a base backup and the archived log, as of any moment."""
    from backend.stack.restore import restore

    restore(command.settings(), source, until, seconds_ago)
