"""What must be true before real money moves (money rule 22, security A23): each finding is one sentence."""

import os

from backend.config import Settings
from backend.stack import sql
from backend.stack.places import KEYS, Places


def findings(settings: Settings, places: Places) -> list[str]:
    """Everything unsafe in these settings and in the database they name; an empty list is good."""
    return [*_network(settings), *_secrets(places), *_server(settings)]


def warnings(settings: Settings) -> list[str]:
    """What live mode starts with all the same, one sentence each."""
    if not settings.live or os.environ.get("FORWARDED_ALLOW_IPS"):
        return []
    return ["FORWARDED_ALLOW_IPS is empty: every shopper seems to be at this machine, so declined cards are not "
            "counted by address. Name the reverse proxy there."]


def _network(settings: Settings) -> list[str]:
    found = []
    if settings.live and settings.sandbox_only:
        found.append("ACQUIRERS names the sandbox network: name a real acquirer, or unset FARTHING_LIVE.")
    if settings.live and settings.allow_private_webhooks:
        found.append("FARTHING_ALLOW_PRIVATE_WEBHOOKS lets webhooks reach private addresses: unset it.")
    for name in ("api_base", "pay_base", "elements_base"):
        if settings.live and not getattr(settings, name).startswith("https://"):
            found.append(f"{name.upper()} is not https: browsers would send card data in the open.")
    hosts = [settings.api_base, settings.pay_base, settings.elements_base]
    if len(set(hosts)) < len(hosts):
        found.append("API_BASE, PAY_BASE and ELEMENTS_BASE must be different hosts: that is what keeps card fields "
                     "apart from merchants' pages.")
    return found


def _secrets(places: Places) -> list[str]:
    paths = [places.secrets, *(places.secrets / f"{name}.key" for name in KEYS)]
    return [f"{path} can be read by other users: run 'chmod go= {path}'."
            for path in paths if path.exists() and path.stat().st_mode & 0o077]


UNSAFE = {
    "data_checksums": "a damaged page would be read as though it were whole. Stop the server, run 'pg_checksums "
                      "--enable' on its data folder, and start it again.",
    "fsync": "it does not wait for its disk, so a power cut can lose payments that were acknowledged and damage the "
             "rest. Set fsync = on.",
    "full_page_writes": "a page that was half written when the power went cannot be repaired. Set full_page_writes = "
                        "on.",
    "row_security": "queries would fail or see other merchants' rows. Set row_security = on.",
    "ssl": "everything that we say to it can be read on the way. Set ssl = on.",
    "synchronous_commit": "a commit is acknowledged before it is on disk, and the last moments before a crash are "
                          "lost. Set synchronous_commit = on, for the server, the database and the role.",
}
"""Server setting -> what goes wrong while it is off, and what to do (invariant C8)."""


def _server(settings: Settings) -> list[str]:
    """What is off for the owner, and for the roles that payments are written with: a role may have its own setting."""
    off: dict[str, list[str]] = {}
    private = "host=%2F" in settings.owner_database_url or "host=/" in settings.owner_database_url
    for url in filter(None, (settings.owner_database_url, settings.app_database_url, settings.vault_database_url)):
        with sql.connect(url) as link:
            user = str(sql.facts(link)["user"])
            for name in sql.settings_off(link, list(UNSAFE)):
                off.setdefault(name, []).append(user)
    return [f"PostgreSQL runs with {name} = off for {', '.join(users)}: {UNSAFE[name]}"
            for name, users in sorted(off.items()) if not (name == "ssl" and private)]
