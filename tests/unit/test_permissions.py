"""The one table of a restricted key's permissions."""

import pytest

from api.app import ROUTES
from backend.accounts import permissions
from backend.errors import InvalidRequest


def test_every_route_belongs_to_a_resource() -> None:
    nobodys = [path for path in ROUTES if not permissions.resource_of(path)]
    assert nobodys == [], "name the resource in backend/accounts/permissions.py"


@pytest.mark.parametrize(("level", "method", "lacks"), [
    ("none", "GET", "read"), ("none", "POST", "write"), ("read", "GET", None), ("read", "POST", "write"),
    ("read", "DELETE", "write"), ("write", "GET", None), ("write", "POST", None), ("write", "DELETE", None),
])
def test_a_level_opens_itself_and_what_is_below(level: str, method: str, lacks: str | None) -> None:
    found = permissions.missing({"customers": level}, "/v1/customers/{id}/sources", method)
    assert found == (None if lacks is None else ("customers", lacks))


@pytest.mark.parametrize("path", ["/v1/customers/{id}/payment_methods", "/v1/customers/{id}/payment_methods/{method}"])
def test_a_customers_methods_are_the_methods_business(path: str) -> None:
    assert path in ROUTES
    assert permissions.missing({"customers": "write"}, path, "GET") == ("payment_methods", "read")
    assert permissions.missing({"payment_methods": "read"}, path, "GET") is None


def test_a_path_of_no_resource_is_closed() -> None:
    everything = dict.fromkeys(permissions.RESOURCES, "write")
    assert permissions.missing(everything, "/v1/customersx", "GET")
    assert permissions.missing(everything, "/{rest:path}", "GET")


@pytest.mark.parametrize("given", [{"nobody": "read"}, {"charges": "all"}])
def test_permissions_that_do_not_exist_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        permissions.checked(given)
