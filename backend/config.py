"""Settings: one frozen object, read once at start from the environment and handed on."""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend import crash
from backend.budgets import Budget, budgets
from backend.tiers import Tier, tiers

ROOT = Path(__file__).resolve().parent.parent
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
RISK_SWITCHES = frozenset({"adaptive_3ds", "allow_highest", "dispute_prevention", "dynamic_threshold"})
"""What a merchant may choose of its risk settings, as far as test cards show it."""
"""The folder that holds the packages, `templates/` and `static/`, in the checkout and in the wheel alike."""


class Address(NamedTuple):
    """Where an acquirer is, and what it speaks: a name of `backend/networks/connectors.py`."""

    protocol: str
    host: str
    port: int


class Settings(BaseSettings):
    """Everything an operator may set. Each field names its environment variable.

    Empty addresses are derived from the ports, so a laptop needs to set nothing.
    """

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    data: Path = Field(Path(".data"), validation_alias="FARTHING_DATA")
    port: int = Field(8420, validation_alias="PORT", ge=1, le=65535)
    vault_port: int = Field(8421, validation_alias="VAULT_PORT", ge=1, le=65535)
    sandbox_port: int = Field(8422, validation_alias="SANDBOX_PORT", ge=1, le=65500)
    shop_port: int = Field(0, validation_alias="SHOP_PORT", ge=0, le=65535)
    vault_link_port: int = Field(0, validation_alias="VAULT_LINK_PORT")
    acquirers: str = Field("", validation_alias="ACQUIRERS")
    owner_database_url: str = Field("", validation_alias="DATABASE_URL")
    app_database_url: str = Field("", validation_alias="APP_DATABASE_URL")
    vault_database_url: str = Field("", validation_alias="VAULT_DATABASE_URL")
    auditor_database_url: str = Field("", validation_alias="AUDITOR_DATABASE_URL")
    redis_url: str = Field("", validation_alias="REDIS_URL")
    audit_heads: str = Field("", validation_alias="AUDIT_HEADS")
    api_base: str = Field("", validation_alias="API_BASE")
    pay_base: str = Field("", validation_alias="PAY_BASE")
    elements_base: str = Field("", validation_alias="ELEMENTS_BASE")
    bank_base: str = Field("", validation_alias="BANK_BASE")
    shop_base: str = Field("", validation_alias="SHOP_BASE")
    bank_internal: str = Field("", validation_alias="BANK_INTERNAL")
    api_internal: str = Field("", validation_alias="API_INTERNAL")
    live: bool = Field(False, validation_alias="FARTHING_LIVE")
    allow_private_webhooks: bool | None = Field(None, validation_alias="FARTHING_ALLOW_PRIVATE_WEBHOOKS")
    acquirer_timeout_seconds: float = Field(8.0, validation_alias="ACQUIRER_TIMEOUT_SECONDS", gt=0, le=60)
    acquirer_costs: str = Field(
        "alder:*=290,alder:visa=165,alder:mastercard=170,birch:*=240,birch:visa=180,birch:mastercard=185",
        validation_alias="ACQUIRER_COSTS")
    failover_declines: str = Field("06,19,92", validation_alias="FAILOVER_DECLINES")
    capture_window_days: float = Field(7.0, validation_alias="CAPTURE_WINDOW_DAYS", gt=0, le=90)
    funds_delay_days: float = Field(2.0, validation_alias="FUNDS_DELAY_DAYS", ge=0, le=90)
    link_place_minutes: float = Field(15.0, validation_alias="LINK_PLACE_MINUTES", ge=1, le=1440)
    idempotency_wait_seconds: float = Field(10.0, validation_alias="IDEMPOTENCY_WAIT_SECONDS", ge=0, le=60)
    database_pool_size: int = Field(10, validation_alias="DATABASE_POOL_SIZE", ge=2, le=200)
    backup: Path | None = Field(None, validation_alias="FARTHING_BACKUP")
    backups_kept: int = Field(7, validation_alias="BACKUPS_KEPT", ge=1)
    archive_timeout_seconds: int = Field(15, validation_alias="ARCHIVE_TIMEOUT_SECONDS", ge=1, le=3600)
    rate_tiers: str = Field("1=100/s+200,10000/h,100 at once;2=1000/s,100000/h,500 at once;3=10000/s,1000000/h",
                            validation_alias="RATE_TIERS")
    rate_tier_live: str = Field("1", validation_alias="RATE_TIER_LIVE")
    rate_tier_test: str = Field("none", validation_alias="RATE_TIER_TEST")
    decline_budgets: str = Field("payment=5/24h,card=8/24h,block=15/1h,bin=40/1h,link=20/1h,merchant=20/1h",
                                 validation_alias="DECLINE_BUDGETS")
    decline_budgets_test: str = Field("payment=5/24h,card=8/10m,block=15/10m,bin=40/10m,link=20/10m,merchant=40/10m",
                                      validation_alias="DECLINE_BUDGETS_TEST")
    test_risk: str = Field("", validation_alias="TEST_RISK")
    rate_limit_wait_ms: int = Field(10, validation_alias="RATE_LIMIT_WAIT_MS", ge=1, le=1000)
    requests_at_once: int = Field(0, validation_alias="REQUESTS_AT_ONCE", ge=0, le=100_000)
    connections: int = Field(0, validation_alias="CONNECTIONS_MAX", ge=0, le=1_000_000)
    connections_per_address: int = Field(256, validation_alias="CONNECTIONS_PER_ADDRESS", ge=0, le=1_000_000)
    smtp_host: str = Field("", validation_alias="SMTP_HOST")
    smtp_port: int = Field(587, validation_alias="SMTP_PORT", ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", validation_alias="SMTP_TLS")
    smtp_user: str = Field("", validation_alias="SMTP_USER")
    smtp_password: SecretStr = Field(SecretStr(""), validation_alias="SMTP_PASSWORD")
    mail_from: str = Field("receipts@farthing.localhost", validation_alias="MAIL_FROM")
    mail_per_hour: int = Field(1000, validation_alias="MAIL_PER_HOUR", ge=1, le=1_000_000)
    mail_per_address: int = Field(20, validation_alias="MAIL_PER_ADDRESS", ge=1, le=10_000)
    log_level: str = Field("info", validation_alias="LOG_LEVEL")
    crash_at: str = Field("", validation_alias="CRASH_AT")

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: Any) -> Any:
        """Fill what follows from the ports; a value that was given stays."""
        ports = {k: int(values.get(k) or d) for k, d in (("PORT", 8420), ("VAULT_PORT", 8421), ("SANDBOX_PORT", 8422))}
        port, vault, sandbox = ports["PORT"], ports["VAULT_PORT"], ports["SANDBOX_PORT"]
        taken = {port, vault, int(values.get("VAULT_LINK_PORT") or vault + 10)}
        shop = int(values.get("SHOP_PORT") or next(one for one in range(sandbox + 1, sandbox + 5) if one not in taken))
        derived = {
            "SHOP_PORT": shop, "SHOP_BASE": f"http://shop.localhost:{shop}", "VAULT_LINK_PORT": vault + 10,
            "ACQUIRERS": f"alder=127.0.0.1:{sandbox + 10},birch=127.0.0.1:{sandbox + 11}",
            "API_BASE": f"http://localhost:{port}",
            "PAY_BASE": f"http://pay.localhost:{port}",
            "ELEMENTS_BASE": f"http://js.localhost:{vault}",
            "BANK_BASE": f"http://bank.localhost:{sandbox}",
            "BANK_INTERNAL": f"http://127.0.0.1:{sandbox}",
            "API_INTERNAL": f"http://127.0.0.1:{port}",
        }
        return {**derived, **{k: v for k, v in values.items() if v not in ("", None)}}

    @model_validator(mode="after")
    def _readable(self) -> "Settings":
        """Refuse at the start what would otherwise fail at the first payment."""
        _ = self.acquirer_addresses
        if any(not name or not 0 <= cost <= 10_000 for (name, _), cost in self.acquirer_cost_table.items()):
            raise ValueError("ACQUIRER_COSTS is a list of acquirer:brand=basis points, from 0 to 10000")
        crash.check(self.crash_at)
        if self.live and self.crash_at:
            raise ValueError("CRASH_AT makes processes kill themselves, and FARTHING_LIVE is on: unset CRASH_AT")
        if {self.rate_tier_live, self.rate_tier_test} - {"none", *self.rate_tier_table}:
            raise ValueError("RATE_TIER_LIVE and RATE_TIER_TEST name a tier of RATE_TIERS, or none")
        budgets(self.decline_budgets), budgets(self.decline_budgets_test)
        if not _EMAIL.fullmatch(self.mail_from):
            raise ValueError("MAIL_FROM is the address that mails come from, such as receipts@shop.example")
        if self.smtp_host and self.mail_from.endswith(".localhost"):
            raise ValueError("SMTP_HOST sends mails to people, so MAIL_FROM must be an address of yours")
        if self.smtp_user and self.smtp_tls == "none" and self.smtp_host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("SMTP_TLS=none would send the password of SMTP_USER in plain text: use starttls or tls")
        if unknown := self.test_risk_switches - RISK_SWITCHES:
            raise ValueError(f"TEST_RISK does not know {', '.join(sorted(unknown))}; it is a list of "
                             f"{', '.join(sorted(RISK_SWITCHES))}")
        return self

    @property
    def vault_base(self) -> str:
        """ELEMENTS_BASE as every program understands it: names below localhost are known to browsers only."""
        return self.elements_base.replace("://js.localhost", "://localhost")

    @cached_property
    def test_risk_switches(self) -> frozenset[str]:
        """Which of `RISK_SWITCHES` are on for the test cards that show them."""
        return frozenset(word.strip() for word in self.test_risk.split(",") if word.strip())

    @cached_property
    def acquirer_addresses(self) -> dict[str, Address]:
        """Connector name -> where it is, in the order of preference. Raises ValueError for what names no address."""
        return dict(_acquirer(item.strip()) for item in self.acquirers.split(",") if item.strip())

    @cached_property
    def acquirer_cost_table(self) -> dict[tuple[str, str], int]:
        """(acquirer, brand or `*`) -> cost in basis points of the amount."""
        pairs = (item.strip().split("=", 1) for item in self.acquirer_costs.split(",") if item.strip())
        return {(name.rpartition(":")[0], name.rpartition(":")[2]): int(cost) for name, cost in pairs}

    @cached_property
    def failover_codes(self) -> frozenset[str]:
        """Response codes of soft declines that may be tried once at another acquirer."""
        return frozenset(code.strip() for code in self.failover_declines.split(",") if code.strip())

    @cached_property
    def decline_budget_table(self) -> dict[bool, dict[str, Budget]]:
        """Budgets of declines by kind: of live environments under True, of all others under False."""
        return {True: budgets(self.decline_budgets), False: budgets(self.decline_budgets_test)}

    @cached_property
    def rate_tier_table(self) -> dict[str, Tier]:
        """Name -> tier of rate limits."""
        return tiers(self.rate_tiers)

    @property
    def audit_heads_file(self) -> Path:
        """Where the heads of the audit's blocks are kept; by default beside the database, better on another disk."""
        return Path(self.audit_heads) if self.audit_heads else self.data / "audit" / "heads.jsonl"

    @property
    def sandbox_only(self) -> bool:
        """True while every configured acquirer is on this machine, that is, the sandbox network."""
        return all(at.host in ("127.0.0.1", "localhost", "::1") for at in self.acquirer_addresses.values())

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may go to private addresses."""
        return bool(self.allow_private_webhooks)

    @cached_property
    def loopback_webhooks(self) -> bool:
        """Whether test webhooks may go to this machine: unless it was said otherwise, where nobody else can reach us,
        for then whoever adds an endpoint can reach all of this machine anyway."""
        if self.allow_private_webhooks is not None:
            return self.allow_private_webhooks
        bases = (self.api_base, self.pay_base, self.elements_base)
        return not self.live and not os.environ.get("FORWARDED_ALLOW_IPS") and all(map(_at_home, bases))

    @cached_property
    def own_ports(self) -> frozenset[int]:
        """Every port of this machine that is the stack's own: no webhook may go there, whatever else is allowed. That
        of the demo shop is a merchant's."""
        addresses = (self.owner_database_url, self.app_database_url, self.vault_database_url,
                     self.auditor_database_url, self.redis_url, self.api_base, self.pay_base, self.elements_base,
                     self.bank_base, self.bank_internal)
        known = {"postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379}
        named = [(urlsplit(one).port or known.get(urlsplit(one).scheme.partition("+")[0])) for one in addresses if one]
        ports = (self.port, self.vault_port, self.vault_link_port, self.sandbox_port, self.sandbox_port + 10,
                 self.sandbox_port + 11, *(at.port for at in self.acquirer_addresses.values()), *named)
        return frozenset(port for port in ports if port)

    def secret(self, name: str) -> bytes:
        """The 32 random bytes kept in `{data}/secrets/{name}.key`; refuses a file that others may read."""
        path = self.data / "secrets" / f"{name}.key"
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path} can be read by other users; run: chmod 600 {path}")
        return path.read_bytes()


def _acquirer(item: str) -> tuple[str, Address]:
    """`name=host:port`, which speaks ISO 8583, or `name=protocol://host:port`."""
    name, _, said = item.partition("=")
    protocol, _, at = said.rpartition("://")
    host, _, port = at.rpartition(":")
    if not (name and host and port.isascii() and port.isdigit()):
        raise ValueError(f"ACQUIRERS is a list of name=host:port or name=protocol://host:port, and '{item}' is neither")
    return name, Address(protocol or "iso8583", host, int(port))


def _at_home(base: str) -> bool:
    """Whether an address leads to this machine for whoever opens it."""
    host = urlsplit(base).hostname or ""
    return host in ("127.0.0.1", "::1", "localhost") or host.endswith(".localhost")
