"""Every route with every kind of id: another tenant's object answers like one that never existed, byte for byte."""

import re
import uuid

import httpx2
import pytest

from api.app import ROUTES
from api.objects import LOADERS
from backend import ids
from tests import builders
from tests.conformance import clients
from tests.tables import flat, required

NAMED = {"charge": "ch", "customer": "cus", "payment_intent": "pi", "payment_method": "pm", "price": "price",
         "product": "prod", "coupon": "coupon", "file": "file", "refund": "re", "setup_intent": "seti",
         "payment_link": "plink",
         "confirmation_token": "ctoken", "source": "pm"}
"""Parameters that hold an id, and the prefix of what they name."""


PATHS = [(method, path, hole) for path, methods in ROUTES.items() for method in methods
         for hole in re.findall(r"\{(\w+)\}", path)]
PARAMS = [(method, path, name) for path, methods in ROUTES.items() for method, endpoint in methods.items()
          for name in endpoint.params.fields if name in NAMED and NAMED[name] in builders.MAKERS]


class Walls:
    """Two merchants: we ask, and the ids are the other's."""

    def __init__(self, http: httpx2.Client, ours: dict[str, str], theirs: dict[str, str], env: int) -> None:
        self.http, self.ours, self.theirs, self.env = http, ours, theirs, env

    def ask(self, method: str, path: str, form: list[tuple[str, str]]) -> httpx2.Response:
        if method == "POST":
            return self.http.post(path, data=dict(form), headers={"Idempotency-Key": str(uuid.uuid4())})
        return self.http.request(method, path, params=form)

    def same(self, method: str, path: str, form: list[tuple[str, str]], prefix: str) -> None:
        """The two answers, with the ids taken out, are equal; and neither is a success."""
        answers = []
        for id in (self.theirs[prefix], ids.new(prefix, self.env)):
            here = [(name, value.replace("THE-ID", id)) for name, value in form]
            answer = self.ask(method, path.replace("THE-ID", id), here)
            answers.append((answer.status_code, builders.without_ids(answer, id)))
        assert answers[0] == answers[1], (method, path, prefix)
        assert answers[0][0] >= 400, (method, path, prefix, answers[0])


@pytest.fixture(scope="module")
def walls(stack):
    ours = builders.one_of_each(clients.client(stack))
    theirs = builders.one_of_each(clients.client(stack, clients.another_account(stack).secret_key))
    env = ids.environment(ours["pi"])
    assert env
    with clients.http(stack) as http:
        yield Walls(http, ours | {"account": http.get("/v1/account").json()["id"]}, theirs, env)


def test_there_is_one_of_every_kind():
    prefixes = set(LOADERS) - {"customer", "default_source", "product"}  # names of fields
    assert prefixes <= set(builders.MAKERS), "a kind of object that tests/builders.py does not make"


@pytest.mark.parametrize(("method", "path", "hole"), PATHS)
def test_anothers_id_in_a_path_is_an_unknown_id(walls, method, path, hole):
    endpoint = ROUTES[path][method]
    place = path.replace(f"{{{hole}}}", "THE-ID")
    rest = re.sub(r"\{\w+\}", lambda _: walls.ours[_owner(path)], place)
    for prefix in walls.theirs:
        walls.same(method, rest, flat(required(endpoint.params)), prefix)


def _owner(path: str) -> str:
    """The prefix of what stands first in a path with two ids."""
    noun = path.split("/")[2].rstrip("s")
    return {"checkout": "cs"}.get(noun) or next(
        (prefix for name, prefix in NAMED.items() if name == noun), noun)


@pytest.mark.parametrize(("method", "path", "name"), PARAMS)
def test_anothers_id_in_a_parameter_is_an_unknown_id(walls, method, path, name):
    endpoint = ROUTES[path][method]
    form = {**required(endpoint.params), name: "THE-ID"}
    for names in endpoint.params.one_of:
        if name in names:
            form = {key: value for key, value in form.items() if key == name or key not in names}
    ours = re.sub(r"\{\w+\}", lambda _: walls.ours[_owner(path)], path)
    for prefix in walls.theirs:
        if method == "GET":
            same_page(walls, ours, flat(form), prefix)
        else:
            walls.same(method, ours, flat(form), prefix)


LISTS = [path for path, methods in ROUTES.items() if "GET" in methods and methods["GET"].listed]


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize("path", LISTS)
def test_anothers_id_as_a_cursor_is_an_unknown_id(walls, path, cursor):
    form = [*flat(required(ROUTES[path]["GET"].params)), (cursor, "THE-ID")]
    ours = re.sub(r"\{\w+\}", lambda _: walls.ours[_owner(path)], path)
    for prefix in walls.theirs:
        same_page(walls, ours, form, prefix)


def same_page(walls: Walls, path: str, form: list[tuple[str, str]], prefix: str) -> None:
    """A list may be empty as well as refuse the id: but it must not tell the two apart, nor show what is theirs."""
    answers = []
    for id in (walls.theirs[prefix], ids.new(prefix, walls.env)):
        answer = walls.ask("GET", path, [(name, value.replace("THE-ID", id)) for name, value in form])
        answers.append((answer.status_code, builders.without_ids(answer, id)))
        assert answer.status_code >= 400 or answer.json()["data"] == []
    assert answers[0] == answers[1]
