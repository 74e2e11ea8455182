"""Who may open which page and do what there: one table, route by role, checked by the server for every request."""

from backend.accounts.roles import ROLES

_TABLE = """
                                               owner  administrator  developer  support  viewer
GET  /                                         yes    yes            yes        yes      yes
GET  /{mode}/payments                          yes    yes            yes        yes      yes
GET  /{mode}/payments/{id}                     yes    yes            yes        yes      yes
POST /{mode}/payments/{id}/capture             yes    yes            yes        yes      no
POST /{mode}/payments/{id}/cancel              yes    yes            yes        yes      no
POST /{mode}/payments/{id}/refund              yes    yes            yes        yes      no
POST /{mode}/payments/{id}/receipt             yes    yes            yes        yes      no
GET  /{mode}/developers                        yes    yes            yes        no       yes
POST /{mode}/developers/version                yes    yes            yes        no       no
GET  /{mode}/developers/keys/new               yes    yes            yes        no       no
POST /{mode}/developers/keys/new               yes    yes            yes        no       no
GET  /{mode}/developers/keys/{id}              yes    yes            yes        no       yes
POST /{mode}/developers/keys/{id}              yes    yes            yes        no       no
POST /{mode}/developers/keys/{id}/roll         yes    yes            yes        no       no
POST /{mode}/developers/keys/{id}/reveal       yes    yes            yes        no       no
POST /{mode}/developers/keys/{id}/revoke       yes    yes            yes        no       no
GET  /{mode}/developers/webhooks/{id}          yes    yes            yes        no       yes
POST /{mode}/developers/webhooks/{id}/resend   yes    yes            yes        no       no
GET  /{mode}/logs                              yes    yes            yes        no       yes
GET  /{mode}/logs/{id}                         yes    yes            yes        no       yes
"""
OPEN = frozenset({
    ("GET", "/robots.txt"), ("GET", "/login"), ("POST", "/login"), ("POST", "/logout"), ("GET", "/docs"),
    ("GET", "/docs/api"), ("GET", "/docs/api/{resource}"), ("GET", "/docs/{name:path}"), ("GET", "/test"),
})
"""What asks for no role: pages for everybody, and signing in and out."""


def _read() -> dict[tuple[str, str], frozenset[str]]:
    head, *lines = _TABLE.strip().splitlines()
    roles = head.split()
    assert tuple(roles) == tuple(ROLES), "a column for each role"
    found = {}
    for line in lines:
        method, path, *marks = line.split()
        assert len(marks) == len(roles), line
        assert set(marks) <= {"yes", "no"}, line
        found[method, path] = frozenset(role for role, mark in zip(roles, marks, strict=True) if mark == "yes")
    return found


MAY = _read()
"""(method, path of the route) -> the roles that may."""


def sees_keys(role: str) -> bool:
    """May this role's pages hold a secret key, if only one of test mode?"""
    return may(role, "POST", "/{mode}/developers/keys/{id}/reveal")


def may(role: str, method: str, path: str) -> bool:
    """May a member in this role do that? A route that stands nowhere is nobody's."""
    return role in MAY.get(("GET" if method == "HEAD" else method, path), frozenset())
