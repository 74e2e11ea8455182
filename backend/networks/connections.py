"""HTTP connections to the networks' servers: how many, how long an idle one may be used again, whom they trust."""

import ssl
from functools import cache

import httpx2

LIMITS = httpx2.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=2.0)
"""An idle connection is dropped by us before the server does it (commonly after 5 s): a request that is written while
the other side hangs up is lost, and nobody knows whether it was heard."""


def client(base: str, timeout: float | httpx2.Timeout = 5.0) -> httpx2.AsyncClient:
    """A pooled client for the server at `base`: no proxy of the environment, no redirect followed; seconds."""
    return httpx2.AsyncClient(base_url=base, timeout=timeout, trust_env=False, follow_redirects=False, limits=LIMITS,
                              verify=trusted(base))


def trusted(base: str) -> ssl.SSLContext:
    """Whose certificates are believed of the server at `base`."""
    return _authorities() if base.startswith("https:") else _nobody()


@cache
def _authorities() -> ssl.SSLContext:
    """The system's certificate authorities: reading them takes 50 ms, so it is done once, and only where it is used."""
    return ssl.create_default_context()


@cache
def _nobody() -> ssl.SSLContext:
    """Believes no certificate at all: for an address without TLS."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
