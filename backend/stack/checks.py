"""What must be true before real money moves (money rule 22, security A23): each finding is one sentence."""

from backend.config import Settings
from backend.stack import sql
from backend.stack.places import KEYS, Places


def findings(settings: Settings, places: Places) -> list[str]:
    """Everything unsafe in these settings and in the database they name; an empty list is good."""
    return [*_network(settings), *_secrets(places), *_server(settings)]


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


def _server(settings: Settings) -> list[str]:
    with sql.connect(settings.owner_database_url) as link:
        private = "host=%2F" in settings.owner_database_url or "host=/" in settings.owner_database_url
        return [f"PostgreSQL runs with {name} = {value}: acknowledged payments could be lost or read."
                for name, value in sql.unsafe_settings(link) if not (name == "ssl" and private)]
