"""What every verb is handed: the process's parts (Runtime), and the four facts of one unit of work (Context): where it
acts, on whose platform, for which client, and by which clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from backend.clock import Clock, Clocks, SystemClock
from backend.config import Settings
from backend.db import Database
from backend.networks.breaker import Breakers
from backend.versions import versions

if TYPE_CHECKING:
    from backend.jobs import Doorbell
    from backend.networks.link import VaultLink


@dataclass(frozen=True, slots=True)
class Runtime:
    """The long-lived parts of one process. `clock` is the system's time, for leases, questions to acquirers, keys and
    logs; the dates of the business are told by `clock_of` an environment."""

    settings: Settings
    db: Database
    link: VaultLink
    doorbell: Doorbell
    network_secret: bytes
    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=random.SystemRandom)
    breakers: Breakers = field(default_factory=Breakers)
    clocks: Clocks = field(default_factory=Clocks)

    def clock_of(self, env: int) -> Clock:
        """The business time of an environment."""
        return self.clocks.of(env, self.clock)


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key with the fingerprint of the request that carries it (money rule 4)."""

    key: str
    request_hash: bytes
    sent: str = ""
    former_hash: bytes = b""
    """The fingerprint that processes before this release gave the same request: of its bytes."""

    def same(self, kept: bytes) -> bool:
        """Whether `kept` is the fingerprint of this very request."""
        return kept in (self.request_hash, self.former_hash)

    @property
    def given(self) -> str:
        """As the caller wrote it; `key` is the name that it has among the environment's keys."""
        return self.sent or self.key


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a unit of work acts: one account in one mode, the tenant of everything else."""

    id: int
    account: str = ""
    account_name: str = ""
    livemode: bool = False
    api_version: str = versions.LATEST
    """In which what it makes is written down."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, so far as the connection tells. The doors fill it in `backend/web/callers.py`."""

    address: str = ""
    user_agent: str = ""
    device: str = ""
    """What it says it runs on; only browsers do."""
    shopper: bool = False
    """Whether a shopper's browser is behind it, and not a merchant's server or people of theirs."""
    link: str | None = None
    """The payment link that a shopper came by."""


OURSELVES = Client()
"""Nobody asks: work of our own, and that of operators at the machine itself."""


@dataclass(frozen=True, slots=True)
class Context:
    """One unit of work: in which environment, on whose behalf, under which request."""

    runtime: Runtime
    environment: Environment
    client: Client = OURSELVES
    platform: str | None = None
    """The account on whose platform another one acts; no key can act so yet (`admission.check`)."""
    actor: str = "system"
    request_id: str | None = None
    key: Key | None = None
    publishable: bool = False

    @property
    def env(self) -> int:
        return self.environment.id

    @property
    def account(self) -> str:
        return self.environment.account

    @property
    def account_name(self) -> str:
        return self.environment.account_name

    @property
    def livemode(self) -> bool:
        return self.environment.livemode

    @property
    def db(self) -> Database:
        return self.runtime.db

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    @property
    def clock(self) -> Clock:
        """The environment's business time."""
        return self.runtime.clock_of(self.env)

    def transaction(self) -> Any:
        """A transaction in this environment that knows who acts; see Database.transaction."""
        return self.db.transaction(self.env, actor=self.actor, request=self.request_id or "")

    async def call(self, query: str, *params: Any) -> Any:
        """One statement as one transaction in this environment; see Database.call."""
        return await self.db.call(self.env, query, params, actor=self.actor, request=self.request_id or "")

    def without_key(self) -> Context:
        """The same, for a step that must not answer the caller's idempotency key."""
        return replace(self, key=None)
