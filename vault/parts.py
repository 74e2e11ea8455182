"""The long-lived parts of the vault process, made once at start and handed on."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.accounts.api_keys import Keyring
from backend.cards.cvcs import Cvcs
from backend.cards.keys import DataKeys, provider
from backend.cards.tokens import Safe
from backend.clock import Clock, SystemClock
from backend.config import Settings
from backend.db import Database
from backend.networks import connectors
from backend.networks.port import Connector
from vault.api_line import ApiLine
from vault.challenge import Directory


@dataclass(frozen=True, slots=True)
class Parts:
    """What every handler is given."""

    settings: Settings
    db: Database
    safe: Safe
    connectors: dict[str, Connector]
    directory: Directory
    checkout_secret: bytes = field(repr=False)
    link_secret: bytes = field(repr=False)
    clock: Clock
    keyring: Keyring
    api: ApiLine


def build(settings: Settings, clock: Clock | None = None) -> Parts:
    """Read the secrets and make the parts; nothing is opened yet.

    Raises OSError when a secret is missing or may be read by others, ValueError when it is damaged.
    """
    clock = clock or SystemClock()
    db = Database(settings.vault_database_url, pool_size=settings.database_pool_size, name="farthing-vault")
    keys = DataKeys(db, provider(settings), clock)
    return Parts(
        settings=settings, db=db, clock=clock,
        safe=Safe(db, keys, Cvcs(), clock, settings.secret("vault-fingerprint")),
        connectors=connectors.made(settings, clock),
        directory=Directory(settings.bank_internal, clock),
        checkout_secret=settings.secret("checkout"), link_secret=settings.secret("vault-link"), keyring=Keyring(db),
        api=ApiLine(settings, settings.secret("vault-link")),
    )


async def close(parts: Parts) -> None:
    """Hang up everywhere."""
    for connector in parts.connectors.values():
        await connector.close()
    await parts.directory.close()
    await parts.api.close()
    await parts.db.close()
