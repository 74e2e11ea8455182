"""Every route of the portal in every role: what a role may not do is refused by the server and not shown."""

import re
import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx2
import psycopg
import pytest
from starlette.routing import Route

from backend.accounts.roles import ROLES
from portal.app import ROUTES
from portal.rights import MAY, OPEN
from tests.conformance import clients
from tests.operators import Operator
from tests.stack import Stack

SAME = {"sec-fetch-site": "same-origin"}
GUARDED = sorted((method, route.path) for route in ROUTES if isinstance(route, Route)
                 for method in (route.methods or ()) if method != "HEAD" and (method, route.path) not in OPEN)
CASES = [(role, method, path) for role in ROLES for method, path in GUARDED]


def allowed(role: str, method: str, path: str) -> bool:
    """The rule in words: a viewer changes nothing, neither does anybody open the form of a change that is not theirs;
    support sees nothing of developers; all others may do everything."""
    if role == "viewer":
        return method == "GET" and not path.endswith("/new")
    return role != "support" or not ("/developers" in path or "/logs" in path)


class Desk:
    """One merchant with a member in each role, a payment, a key and a line in the log."""

    def __init__(self, stack: Stack) -> None:
        operator = Operator(stack.environment())
        self.account = operator.answers("account", "create", f"Roles {uuid.uuid4().hex[:8]}")["id"]
        with psycopg.connect(stack.urls.owner) as link:
            link.execute("DELETE FROM core.tally")
        self.emails = {role: f"{role}-{uuid.uuid4().hex[:8]}@example.com" for role in ROLES}
        self.browsers = {role: self._browser(stack, operator, role) for role in ROLES}
        self.key = operator.answers("key", "create", self.account)
        with clients.http(stack, self.key["key"]) as client:
            answer = client.post("/v1/payment_intents", data={
                "amount": "1000", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa",
                "capture_method": "manual"})
            hook = client.post("/v1/webhook_endpoints", data={"url": "http://127.0.0.1:9/hook",
                                                              "enabled_events[]": "*"})
        self.hook = hook.json()["id"]
        self.payment, self.request = answer.json()["id"], answer.headers["request-id"]
        stack.wait(lambda: self.browsers["owner"].get(f"/test/logs/{self.request}").status_code == 200)

    def _browser(self, stack: Stack, operator: Operator, role: str) -> httpx2.Client:
        password = operator.answers("member", "create", self.account, self.emails[role], "--role", role)["password"]
        browser = httpx2.Client(base_url=f"http://localhost:{stack.port}", headers=SAME, timeout=30, trust_env=False)
        assert browser.post("/login", data={"email": self.emails[role], "password": password}).status_code == 303
        return browser

    def close(self) -> None:
        for browser in self.browsers.values():
            browser.close()

    def at(self, path: str) -> str:
        """A real address of this route."""
        ids = {"/payments/": self.payment, "/keys/": self.key["id"], "/webhooks/": self.hook}
        id = next((one for part, one in ids.items() if part in path), self.request)
        return path.replace("{mode}", "test").replace("{id}", id)


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Iterator[Desk]:
    with closing(Desk(stack)) as made:
        yield made


def test_every_route_has_a_row_in_the_table_of_roles() -> None:
    assert set(GUARDED) == set(MAY), "give the new route a row in portal/rights.py"
    assert len(GUARDED) > 15
    everywhere = {(method, route.path) for route in ROUTES if isinstance(route, Route)
                  for method in (route.methods or ()) if method != "HEAD"}
    assert everywhere >= OPEN, "a row for a route that is gone"


@pytest.mark.parametrize(("role", "method", "path"), CASES)
def test_a_role_may_do_what_its_row_says(desk: Desk, role: str, method: str, path: str) -> None:
    browser = desk.browsers[role]
    answer = browser.request(method, desk.at(path), data={"kind": "nothing"} if method == "POST" else None)
    if allowed(role, method, path):
        assert answer.status_code in (200, 303, 422), answer.text
        return
    assert answer.status_code == 403
    assert f"Your role, {role}, does not include this." in answer.text
    assert f"ask {desk.emails['owner']}" in answer.text


def test_what_is_refused_changes_nothing(stack: Stack, desk: Desk) -> None:
    def rows() -> list[object]:
        with psycopg.connect(stack.urls.owner) as link:
            return link.execute("SELECT id, name, expires_at, rolled_to FROM core.api_key ORDER BY id").fetchall()

    before = rows()
    viewer, keys = desk.browsers["viewer"], "/test/developers/keys"
    refused = [viewer.post(f"{keys}/new", data={"kind": "secret"}), viewer.post(f"{keys}/{desk.key['id']}/revoke"),
               viewer.post(f"{keys}/{desk.key['id']}/roll", data={"grace": "now"}),
               viewer.post(f"{keys}/{desk.key['id']}", data={"name": "mine"})]
    assert [answer.status_code for answer in refused] == [403] * 4
    assert rows() == before


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_not_do_is_not_shown(desk: Desk, role: str) -> None:
    shown = 0
    for method, path in GUARDED:
        if method == "GET" and allowed(role, method, path):
            page = desk.browsers[role].get(desk.at(path)).text
            ways = [("POST", found) for found in re.findall(r'<form[^>]* method="post" action="([^"]+)"', page)
                    if found != "/logout" and not _disabled(page, found)]
            ways += [("GET", found.partition("?")[0]) for found in re.findall(r'<a[^>]* href="(/[^"#]*)', page)]
            for way in ways:
                assert _open(*way) or allowed(role, way[0], _route(*way)), f"{path} shows {way}"
            shown += len(ways)
    assert shown > 10


def test_a_new_role_holds_with_the_next_click(stack: Stack) -> None:
    with closing(Desk(stack)) as desk:
        Operator(stack.environment()).answers("member", "set-role", desk.emails["developer"], "viewer")
        page = desk.browsers["developer"].get("/test/developers/keys/new")
        assert page.status_code == 403


def _route(method: str, address: str) -> str:
    """The path of the route that an address leads to."""
    for route in ROUTES:
        if isinstance(route, Route) and route.path_regex.match(address) and method in (route.methods or ()):
            return route.path
    raise AssertionError(f"{address} leads nowhere")


def _open(method: str, address: str) -> bool:
    return (method, _route(method, address)) in OPEN


def _disabled(page: str, action: str) -> bool:
    """A form that only shows what is set: nothing in it can be typed or sent."""
    inside = re.search(rf'action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    return bool(inside and "submit" not in inside[0] and not re.search(r"<input(?![^>]* disabled)", inside[0]))
