"""HTTP connections to the networks' servers: how many, and how long an idle one may be used again."""

import httpx2

LIMITS = httpx2.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=2.0)
"""An idle connection is dropped by us before the server does it (commonly after 5 s): a request that is written while
the other side hangs up is lost, and nobody knows whether it was heard."""
