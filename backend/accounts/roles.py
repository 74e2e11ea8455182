"""What members may do: the five roles and what each is for; pure."""

from backend.errors import InvalidRequest

OWNER, ADMINISTRATOR, DEVELOPER, SUPPORT, VIEWER = "owner", "administrator", "developer", "support", "viewer"
ROLES = {
    OWNER: "everything; an account has at least one",
    ADMINISTRATOR: "everything that the portal can do",
    DEVELOPER: "payments, keys, versions and logs",
    SUPPORT: "payments and refunds; nothing for developers",
    VIEWER: "sees everything and changes nothing",
}
"""Role -> what it is for. Which page is whose stands in `portal/rights.py`."""


def checked(role: str) -> str:
    """The role; raises InvalidRequest for a word that is none."""
    if role not in ROLES:
        raise InvalidRequest(f"There is no role {role[:40]}: choose one of {', '.join(ROLES)}.", param="role")
    return role
