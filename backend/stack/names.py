"""The host names of our addresses, as programs see them: browsers know `*.localhost` by themselves, others may not."""

import socket
from urllib.parse import urlsplit

from backend.config import Settings


def unknown(settings: Settings) -> list[str]:
    """Host names of our addresses that this machine does not resolve, each once."""
    bases = (settings.api_base, settings.pay_base, settings.elements_base, settings.bank_base)
    hosts = dict.fromkeys(host for base in bases if (host := urlsplit(base).hostname))
    return [host for host in hosts if not _resolves(host)]


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False
