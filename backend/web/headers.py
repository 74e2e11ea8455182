"""Security headers of every HTML surface, from one Content-Security-Policy builder that starts at `default-src 'none'`.

Source: reference shopper.md section 7 (headers per surface), portal.md section 12.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

_FEATURES = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(self), usb=()"

NESTED = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "cross-origin"}
"""For what stands in frames on merchants' pages, which may themselves demand it of all that they embed."""


def nonce() -> str:
    """A fresh value for one response; scripts without it do not run."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Surface:
    """What one kind of page may reach. Origins are written `scheme://host:port`; `'self'` is always allowed to serve
    styles, images and scripts that carry the nonce."""

    connect: tuple[str, ...] = ()
    forms: tuple[str, ...] = ("'self'",)
    frames: tuple[str, ...] = ()
    ancestors: tuple[str, ...] = ("'none'",)
    referrer: str = "same-origin"
    images: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


def merchants(*, live: bool) -> tuple[str, ...]:
    """The pages that may have our frames in them: any on https, and in test mode those on the developer's machine.

    Not yet: only the domains that the merchant has registered for the key.
    """
    return ("https:",) if live else ("https:", "http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*")


def policy(surface: Surface, script_nonce: str) -> str:
    """The Content-Security-Policy for one response: no inline script or style, no eval, nothing from elsewhere."""
    parts = {
        "default-src": ("'none'",),
        "script-src": (f"'nonce-{script_nonce}'",),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:", *surface.images),
        "connect-src": surface.connect or ("'none'",),
        "form-action": surface.forms,
        "frame-src": surface.frames or ("'none'",),
        "frame-ancestors": surface.ancestors,
        "base-uri": ("'none'",),
        "object-src": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in parts.items())


def page(surface: Surface, script_nonce: str, *, https: bool) -> dict[str, str]:
    """All headers of one HTML response. `https` adds HSTS: on plain HTTP browsers ignore it."""
    headers = {
        "Content-Security-Policy": policy(surface, script_nonce),
        "Referrer-Policy": surface.referrer,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": _FEATURES,
        "Cache-Control": "no-store",
        **surface.extra,
    }
    if surface.ancestors == ("'none'",):
        headers["X-Frame-Options"] = "DENY"
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return headers
