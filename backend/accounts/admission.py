"""Who may do what with an API key: the one place where every right of a key is judged, for every door.

A right is the key's kind, its environment's mode, its addresses, its expiry, and what a restricted key was given. What
the key opens comes from `api_keys.Keyring`; what is asked comes from the door, as plain words.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.accounts import permissions
from backend.accounts.api_keys import Opened
from backend.errors import AuthenticationFailed, PermissionDenied

NO_KEY = ("You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
          "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY') or as the user name of Basic auth: "
          "curl {base}/v1/{path} -u YOUR_SECRET_KEY:")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks with a key: the route's path as a template, the method, and where the request came from."""

    path: str
    method: str
    address: str
    from_browser: bool
    publishable: bool
    """Whether shoppers may ask this."""
    acting: Mapping[str, str] = field(default_factory=dict)
    """See `acting`."""


def acting(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that name on whose behalf a key acts: only on its own account's."""
    return {name: value for name in ("Stripe-Account", "Stripe-Context") if (value := headers.get(name))}


def key_of(headers: Mapping[str, str]) -> str:
    """The key in the Authorization header, Bearer or Basic; empty when there is none."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            value = ""
    elif scheme.lower() != "bearer":
        value = ""
    return value


def in_parameters(key: object, base: str, path: str = "payment_intents") -> str:
    """The key that was given as the parameter `key`, as browsers send it that need no preflight then.

    Raises AuthenticationFailed when there is none, and for a secret key: those end in logs, and in browsers.
    """
    if not isinstance(key, str) or not key.strip():
        raise AuthenticationFailed(NO_KEY.format(base=base, path=path))
    if not key.startswith("pk_"):
        raise AuthenticationFailed("Only a publishable key (pk_…) may be sent as the parameter key. Send a secret "
                                   "key in the Authorization header, from your server only; if this one was sent from "
                                   "a page, roll it.")
    return key.strip()


def known(key: str, opened: Opened | None) -> Opened:
    """What the key opens; raises AuthenticationFailed when that is nothing."""
    if opened is None:
        raise _refused(key, expired=False)
    return opened


def check(key: str, opened: Opened, asked: Asked, now: datetime) -> None:
    """Raise AuthenticationFailed or PermissionDenied unless the key has the right to what is asked."""
    if opened.expires_at and opened.expires_at <= now:
        raise _refused(key, expired=True)
    if opened.networks and not opened.admits(asked.address):
        raise PermissionDenied(f"The API key may not be used from the address {asked.address}. Add it to the key's "
                               "addresses in the portal, or send the request from one of them.", code="ip_not_allowed")
    if opened.kind != "publishable" and asked.from_browser:
        raise AuthenticationFailed(
            "This request was made from a browser with a secret key. Secret keys must stay on your server; use "
            "your publishable key (pk_…) in the browser, and roll the secret key that was exposed.")
    if opened.kind == "publishable" and not asked.publishable:
        raise PermissionDenied("This API call cannot be made with a publishable API key. Please use a secret API "
                               "key.", code="secret_key_required")
    if opened.kind == "restricted" and (lacks := permissions.missing(opened.permissions, asked.path, asked.method)):
        raise PermissionDenied(
            f"The restricted key {key[:8]}…{key[-4:]} lacks the permission that this request needs: {lacks[0]}: "
            f"{lacks[1]}. Grant it in the portal under Developers, or use a key that has it.",
            code="permission_missing")
    for header, account in asked.acting.items():
        if account != opened.account_id:
            raise PermissionDenied(f"The key does not have access to account '{account[:40]}', which {header} names: "
                                   "connected accounts are not available here. Leave the header out.",
                                   code="account_invalid")


def _refused(key: str, *, expired: bool) -> AuthenticationFailed:
    """401 for a key that opens nothing; shows no more of it than its prefix and last four."""
    shown = f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 20 else "********"
    if expired:
        return AuthenticationFailed(f"Expired API key provided: {shown}. Use the key that replaced it.",
                                    code="api_key_expired")
    return AuthenticationFailed(f"Invalid API Key provided: {shown}")
