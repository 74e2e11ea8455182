"""Members: the people who sign in to the portal, and their logins, which live on the server and can be ended there.

A wrong password, an unknown address and a locked member get one answer after the same work (security A19): ten failed
tries lock a member for half an hour. Before any password is looked at, tries are counted per address and over all,
in PostgreSQL, since the hashing costs us more than it costs whoever asks for it.
"""

import asyncio
import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend import ids
from backend.accounts import members_sql as sql
from backend.accounts import roles
from backend.context import Runtime
from backend.crypto import sha256
from backend.db import Connection
from backend.errors import AuthenticationFailed, InvalidRequest, NotFound, TooMany

PASSWORD_MIN, PASSWORD_MAX = 8, 256
EMAIL_MAX = 254  # RFC 5321
TRIES_MAX = 10
LOCKED_FOR = timedelta(minutes=30)
_SLACK = timedelta(minutes=1)
ADDRESS_TRIES_MAX, ALL_TRIES_MAX, WINDOW_SECONDS = 100, 2000, 15 * 60
HASHES_AT_ONCE = 2
LOGIN_LIFETIME = timedelta(hours=12)
IDLE_MAX = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)
_HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low-memory profile)
_HASHING = asyncio.Semaphore(HASHES_AT_ONCE)  # each takes 64 MB and a core for tens of milliseconds
_made: list[str] = []
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in."""

    id: str
    account: str
    account_name: str
    email: str
    name: str
    role: str


async def create(tx: Connection, account_id: str, email: str, password: str, name: str,
                 role: str = roles.OWNER) -> str:
    """A new member; returns the id. Raises InvalidRequest for a password outside 8–256 characters, and for an address
    that is none or belongs to a member already: one address signs in to one account."""
    id, address = f"mbr_{ids.token(16)}", email.strip().lower()
    if len(address) > EMAIL_MAX or not _EMAIL.fullmatch(address):
        raise InvalidRequest("Write the e-mail address as jenny@example.com.", param="email")
    made = await tx.execute(sql.MEMBER_INSERT, {
        "id": id, "account_id": account_id, "email": address, "name": name[:100],
        "password_hash": await _hash(password), "role": roles.checked(role)})
    if not made.rowcount:
        raise InvalidRequest(f"{address} is a member already, of this account or of another: take another address, or "
                             "remove that member first.", param="email")
    return id


async def find(tx: Connection, account_id: str) -> list[dict[str, Any]]:
    """The members of an account, the oldest first, with when each was last seen."""
    return [dict(row) for row in (await tx.execute(sql.MEMBER_LIST, {"account_id": account_id})).mappings()]


async def get(tx: Connection, email: str) -> dict[str, Any]:
    """The member with this address; raises NotFound."""
    row = (await tx.execute(sql.MEMBER_GET, {"email": email.strip().lower()})).mappings().first()
    if row is None:
        raise NotFound("member", email.strip()[:EMAIL_MAX], "email")
    return dict(row)


async def set_role(tx: Connection, email: str, role: str) -> None:
    """Give a member another role, at once. Raises InvalidRequest when it would leave the account without an owner."""
    member = await _held(tx, email, stays=roles.checked(role) == roles.OWNER)
    await tx.execute(sql.ROLE_SET, {"id": member["id"], "role": role})


async def remove(tx: Connection, email: str) -> None:
    """Take a member and all logins away, at once; the audit trail keeps who it was. Raises as `set_role` does."""
    member = await _held(tx, email, stays=False)
    await tx.execute(sql.LOGINS_DELETE, {"id": member["id"]})
    await tx.execute(sql.MEMBER_DELETE, {"id": member["id"]})


async def who_may(runtime: Runtime, account_id: str, wanted: Collection[str]) -> list[str]:
    """The addresses of up to three members with one of these roles, the longest there first."""
    return [row["email"] for row in await runtime.db.rows(0, sql.WITH_ROLES, (account_id, list(wanted)))]


async def _held(tx: Connection, email: str, *, stays: bool) -> dict[str, Any]:
    """The member, while nobody else changes who owns the account; unless this owner `stays`, another must be there."""
    await tx.execute(sql.OWNERS_LOCK, {"account_id": (await get(tx, email))["account_id"]})
    member = await get(tx, email)
    others = (await tx.execute(sql.OWNERS, {"account_id": member["account_id"], "id": member["id"]})).scalar_one()
    if member["role"] == roles.OWNER and not stays and not others:
        raise InvalidRequest(f"{member['email']} is the last owner of the account: make somebody else an owner first.",
                             param="email")
    return member


async def account_of(tx: Connection, email: str) -> str | None:
    """The account of the member with this address, or None."""
    found: str | None = (await tx.execute(sql.ACCOUNT_OF, {"email": email.strip().lower()})).scalar()
    return found


async def set_password(tx: Connection, email: str, password: str) -> None:
    """Give a member a new password, lift a lock, and end every login. Raises NotFound."""
    member = await get(tx, email)
    await tx.execute(sql.PASSWORD_SET, {"email": member["email"], "password_hash": await _hash(password)})
    await tx.execute(sql.LOGINS_END, {"id": member["id"]})


async def sign_in(runtime: Runtime, email: str, password: str, user_agent: str, address: str = "") -> str:
    """A fresh login's token for the cookie. Raises AuthenticationFailed with one message for all causes, and TooMany
    when `address`, or the world, tries too often."""
    await _not_too_often(runtime, address)
    now = runtime.clock.now()
    rows = await runtime.db.rows(0, sql.TRY, {"email": email.strip().lower(), "most": TRIES_MAX, "now": now,
                                              "until": now + LOCKED_FOR, "longest": now + LOCKED_FOR + _SLACK})
    # The hash is computed for nobody too: the time must not tell whether the address is known or locked.
    nobody = await _nobody()
    good = await _matches(rows[0]["password_hash"] if rows else nobody, password)
    if not rows or not good:
        raise AuthenticationFailed("The email or password is not right. After ten wrong tries a login is locked for "
                                   "half an hour.")
    await runtime.db.execute(0, sql.SUCCEED, (rows[0]["id"],))
    token = ids.token(43)
    await runtime.db.execute(0, sql.LOGIN_INSERT, {"hash": sha256(token), "member": rows[0]["id"], "now": now,
                                                   "expires": now + LOGIN_LIFETIME, "agent": user_agent[:400]})
    return token


async def by_token(runtime: Runtime, token: str) -> Member | None:
    """The member behind a login's token, or None when it is unknown, ended, expired or idle for two hours."""
    now = runtime.clock.now()
    rows = await runtime.db.rows(0, sql.LOGIN_FIND, {"hash": sha256(token), "now": now, "idle": now - IDLE_MAX})
    if not rows:
        return None
    row = rows[0]
    if row["last_seen_at"] < now - _SEEN_EVERY:
        await runtime.db.execute(0, sql.LOGIN_SEEN, (now, sha256(token)))
    return Member(row["id"], row["account_id"], row["account_name"], row["email"], row["name"], row["role"])


async def sign_out(runtime: Runtime, token: str) -> None:
    """End the login on the server; the token opens nothing from here on."""
    await runtime.db.execute(0, sql.LOGIN_END, (runtime.clock.now(), sha256(token)))


async def environment(runtime: Runtime, member: Member, mode: str) -> int:
    """The environment of the member's account in `mode`, test or live; raises NotFound."""
    rows = await runtime.db.rows(0, sql.ENVIRONMENT_FIND, (member.account, mode))
    if not rows:
        raise NotFound("environment", mode)
    env: int = rows[0]["id"]
    return env


async def _not_too_often(runtime: Runtime, address: str) -> None:
    """Count this try; a flood from one address does not use up what all others have together."""
    for name, most in ((f"sign-in {_block(address)}", ADDRESS_TRIES_MAX), ("sign-in", ALL_TRIES_MAX)):
        rows = await runtime.db.rows(0, sql.TALLY, (sha256(name), WINDOW_SECONDS))
        if rows[0]["count"] > most:
            raise TooMany("There were too many tries to sign in. Wait a quarter of an hour, then try again.",
                          code="rate_limit", headers={"Retry-After": str(WINDOW_SECONDS)})


def _block(address: str) -> str:
    """The address, or of version 6 the /64 that one subscriber has to himself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


async def _hash(password: str) -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidRequest(f"A password has between {PASSWORD_MIN} and {PASSWORD_MAX} characters.", param="password")
    return await asyncio.to_thread(_HASHER.hash, password)


async def _nobody() -> str:
    """The hash of a password that nobody has: made at the first try to sign in, whoever tries."""
    if not _made:
        async with _HASHING:
            _made.append(await asyncio.to_thread(_HASHER.hash, "nobody has this password"))
    return _made[0]


async def _matches(hash: str, password: str) -> bool:
    """In a thread: argon2id takes tens of milliseconds by design, and payments must not wait for it."""
    try:
        async with _HASHING:
            return await asyncio.to_thread(_HASHER.verify, hash, password[:PASSWORD_MAX])
    except (VerificationError, InvalidHashError):
        return False
