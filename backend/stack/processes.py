"""Our own processes: how each is started, what it may know, and how one sees that it works."""

import os
import sys
import time
from collections.abc import Callable

from backend.config import ROOT, Settings
from backend.stack import ports
from backend.stack.children import MARK, Child
from backend.stack.places import Places

ACQUIRER_OFFSETS = (10, 11)
_ADDRESSES = ("DATABASE_URL", "APP_DATABASE_URL", "VAULT_DATABASE_URL", "AUDITOR_DATABASE_URL", "REDIS_URL",
              "SMTP_PASSWORD")
"""What only those are told who need it."""
_WORKER_SETTLES_SECONDS = 3.0
_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(256 * 1024)}
"""glibc's: one heap for all threads, whose end is given back. With one for each thread, memory that a few large bodies
took stays with whichever thread read them. What the operator sets wins."""


def sandbox(settings: Settings, places: Places) -> list[Child]:
    """The simulated outside world, which needs nothing of ours; there is none in live mode."""
    answers = _answers(settings.sandbox_port)
    return [] if settings.live else [_child("sandbox", ["-m", "sandbox"], {}, settings, places, answers)]


def stages(settings: Settings, places: Places) -> list[list[Child]]:
    """The processes that stand on the databases, in the order of their start; those of one stage start together."""
    app = {"APP_DATABASE_URL": settings.app_database_url, "REDIS_URL": settings.redis_url}
    vault = {"VAULT_DATABASE_URL": settings.vault_database_url}
    post = {"SMTP_PASSWORD": settings.smtp_password.get_secret_value()}
    return [
        [_child("vault", ["-m", "vault"], vault, settings, places, _answers(settings.vault_port))],
        [_child("web", _web(settings), app, settings, places, _answers(settings.port)),
         _child("worker", ["-m", "workers"], app | post, settings, places, _settled)]]


def ports_needed(settings: Settings) -> list[tuple[int, str]]:
    """Every port we listen on, with the variable that moves it."""
    needed = [(settings.port, "PORT"), (settings.vault_port, "VAULT_PORT"),
              (settings.vault_link_port, "VAULT_LINK_PORT")]
    if not settings.live:
        needed += [(settings.sandbox_port + offset, "SANDBOX_PORT") for offset in (0, *ACQUIRER_OFFSETS)]
        needed.append((settings.shop_port, "SHOP_PORT"))
    return needed


def _web(settings: Settings) -> list[str]:
    # The graceful time must exceed the longest acquirer timeout: what is in flight is finished (money rule 22).
    graceful = int(settings.acquirer_timeout_seconds) + 5
    proxies = os.environ.get("FORWARDED_ALLOW_IPS")
    trust = ["--proxy-headers", "--forwarded-allow-ips", proxies] if proxies else ["--no-proxy-headers"]
    return ["-m", "uvicorn", "farthing:web", "--host", ports.HOST, "--port", str(settings.port), "--no-access-log",
            "--http", "backend.web.server:Bounded", "--ws", "none", "--no-server-header", "--lifespan", "on",
            "--timeout-graceful-shutdown", str(graceful), *trust]


def _child(name: str, arguments: list[str], addresses: dict[str, str], settings: Settings, places: Places,
           ready: Callable[[Child], bool]) -> Child:
    return Child(name, [sys.executable, *arguments], environment(settings, places, addresses), places.log(name),
                 places.pid(name), ready, cwd=ROOT)


def environment(settings: Settings, places: Places, addresses: dict[str, str]) -> dict[str, str]:
    """Ours, with the derived settings, and of the databases only what this process may reach."""
    inherited = {name: value for name, value in os.environ.items() if name not in _ADDRESSES}
    derived = {
        "FARTHING_DATA": str(places.data), MARK: str(places.data), "PYTHONUNBUFFERED": "1",
        "PORT": str(settings.port), "VAULT_PORT": str(settings.vault_port),
        "SANDBOX_PORT": str(settings.sandbox_port), "VAULT_LINK_PORT": str(settings.vault_link_port),
        "SHOP_PORT": str(settings.shop_port), "SHOP_BASE": settings.shop_base,
        "ACQUIRERS": settings.acquirers, "API_BASE": settings.api_base, "PAY_BASE": settings.pay_base,
        "ELEMENTS_BASE": settings.elements_base, "BANK_BASE": settings.bank_base,
        "BANK_INTERNAL": settings.bank_internal, "API_INTERNAL": settings.api_internal,
    }
    return _MEMORY | inherited | derived | addresses


def _answers(port: int) -> Callable[[Child], bool]:
    return lambda _: ports.answers(port)


def _settled(child: Child) -> bool:
    """A worker listens nowhere: it works when it logs 'ready', or has lived for a while."""
    return any('"ready"' in line for line in child.said()) or \
        time.monotonic() - child.starts[-1] > _WORKER_SETTLES_SECONDS

