"""Every command on one screen, and what becomes of what it raises: one sentence and the exit code 1."""

import sys
from collections.abc import Sequence

import typer

from backend.errors import FarthingError
from backend.stack.trouble import Trouble
from commands import accounts, environments, keys, members, messages, stack, vault

_MERCHANTS = "Merchants"


def create(rotate: vault.Rotate) -> typer.Typer:
    """The whole command line; `rotate` is what the vault does for `farthing vault rotate`."""
    app = typer.Typer(name="farthing", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                      help="Self-hosted, Stripe-compatible payments. Settings come from the environment and from .env.")
    app.add_typer(stack.app)
    app.add_typer(vault.create(rotate), name="vault", rich_help_panel=stack.SAFE)
    app.add_typer(messages.app, name="message", rich_help_panel=stack.SAFE)
    app.add_typer(accounts.app, name="account", rich_help_panel=_MERCHANTS)
    app.add_typer(members.app, name="member", rich_help_panel=_MERCHANTS,
                  short_help="People who sign in to the portal, each in a role.")
    app.add_typer(environments.app, name="environment", rich_help_panel=_MERCHANTS)
    app.add_typer(keys.app, name="key", rich_help_panel=_MERCHANTS)
    return app


def main(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 1 for a failure that one sentence tells, 2 for words not understood."""
    try:
        app(list(sys.argv[1:] if arguments is None else arguments), prog_name="farthing")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except FarthingError as error:
        return _failed(error.message)
    except Trouble as trouble:
        return _failed(str(trouble))
    return 0


def _failed(sentence: str) -> int:
    print(f"farthing: {sentence}", file=sys.stderr)
    return 1
