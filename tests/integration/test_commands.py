"""The operator's commands: accounts, members, environments and keys, with and without a stack that runs."""

import asyncio
import os
import pwd
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import psycopg
import pytest

from backend import ids
from backend.accounts import members
from backend.db import Database
from backend.errors import InvalidRequest
from backend.stack import children, roles, sql
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from tests import books
from tests.conformance import clients
from tests.operators import Operator
from tests.stack import Stack, temporary_folder

SAME = {"sec-fetch-site": "same-origin"}
ME = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.fixture(scope="module")
def operator(stack: Stack) -> Operator:
    return Operator(stack.environment())


@pytest.fixture
def account(operator: Operator) -> str:
    return str(operator.answers("account", "create", f"Shop {uuid.uuid4().hex[:8]}")["id"])


@pytest.fixture
def alone() -> Iterator[Operator]:
    """An operator of a data folder on which nothing runs, with nothing in it yet."""
    with temporary_folder() as folder:
        yield Operator(Stack(folder).environment())


def address() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.com"


def signs_in(stack: Stack, email: str, password: str) -> bool:
    with psycopg.connect(stack.urls.owner) as link:
        link.execute("DELETE FROM core.tally")
    answer = httpx2.post(f"http://localhost:{stack.port}/login", data={"email": email, "password": password},
                         headers=SAME)
    return answer.status_code == 303


def status(stack: Stack, key: str, path: str = "/v1/charges") -> int:
    with clients.http(stack, key) as client:
        return client.get(path).status_code


def soon(stack: Stack, key: str, wanted: int) -> None:
    stack.wait(lambda: status(stack, key) == wanted)


def test_an_account_is_made_named_and_found(operator: Operator) -> None:
    name = f"Three & Four {uuid.uuid4().hex[:8]}"
    made = operator.answers("account", "create", name, "--country", "de")
    assert (made["name"], made["country"], made["currency"]) == (name, "DE", "eur")
    assert made in operator.answers("account", "list")
    assert operator.answers("account", "show", name) == {**made, "environments": ["test"], "members": []}
    assert operator.answers("account", "rename", made["id"], f"{name} Ltd")["name"] == f"{name} Ltd"
    assert operator.refused("account", "show", name) == f"No such account: '{name}'"


def test_two_accounts_of_one_name_are_told_apart_by_id(operator: Operator) -> None:
    name = f"Twin {uuid.uuid4().hex[:8]}"
    one, two = (operator.answers("account", "create", name)["id"] for _ in range(2))
    assert operator.refused("account", "show", name) == f"2 accounts have the name {name}: name one by its id."
    assert [operator.answers("account", "show", id)["id"] for id in (one, two)] == [one, two]


@pytest.mark.parametrize(("words", "told"), [
    (("account", "create", " "), "A name has between 1 and 100 printable characters."),
    (("account", "create", "x" * 101), "A name has between 1 and 100 printable characters."),
    (("account", "create", "x", "--country", "XX"), "There can be no account in XX"),
    (("account", "create", "x", "--currency", "gold"), "There is no currency gold"),
    (("account", "show", "acct_none"), "No such account: 'acct_none'"),
    (("member", "create", "acct_none", "a@example.com", "--role", "owner"), "No such account"),
    (("member", "set-password", "nobody@example.com"), "No such member: 'nobody@example.com'"),
    (("member", "set-password", "nobody@example.com", "--password-stdin"), "No password came on standard input"),
    (("member", "remove", "nobody@example.com"), "No such member"),
    (("environment", "list", "acct_none"), "No such account"),
    (("key", "create", "acct_none"), "No such account"),
    (("key", "roll", "mk_none"), "No such key: 'mk_none'"),
    (("key", "revoke", "acct_none"), "No such key")])
def test_what_cannot_be_is_told_in_one_sentence(operator: Operator, words: tuple[str, ...], told: str) -> None:
    assert operator.refused(*words).startswith(told)


@pytest.mark.parametrize(("words", "told"), [
    (("member", "create", "{account}", "no address", "--role", "owner"), "Write the e-mail address as"),
    (("member", "create", "{account}", "a@example.com", "--role", "king"), "There is no role king: choose one"),
    (("environment", "create", "{account}", "test"), "The account has the environment test already."),
    (("environment", "create", "{account}", "No Name!"), "An environment is test, live, or a sandbox"),
    (("key", "create", "{account}", "-e", "nowhere"), "No such environment: 'nowhere'"),
    (("key", "create", "{account}", "--kind", "gold"), "There is no kind of key gold: choose one of secret"),
    (("key", "create", "{account}", "--kind", "restricted"), "A restricted key needs at least one permission."),
    (("key", "create", "{account}", "--may", "charges=read"), "--may is for restricted keys"),
    (("key", "create", "{account}", "--kind", "restricted", "--may", "charges=own"), "There is no permission charges"),
    (("key", "create", "{account}", "--address", "everywhere"), "Write addresses as 203.0.113.7"),
    (("key", "create", "{account}", "--expires", "soon"), "soon is no moment"),
    (("key", "create", "{account}", "--expires", "2020-01-01"), "A key cannot have ended before it is made")])
def test_what_is_wrong_changes_nothing(stack: Stack, operator: Operator, account: str, words: tuple[str, ...],
                                       told: str) -> None:
    def rows() -> list[int]:
        with psycopg.connect(stack.urls.owner) as link:
            found = [link.execute(f"SELECT count(*) FROM core.{table}").fetchone()
                     for table in ("account", "environment", "member", "api_key")]
            return [row[0] for row in found if row]

    before = rows()
    assert operator.refused(*(word.format(account=account) for word in words)).startswith(told)
    assert rows() == before


def test_people_read_a_table(operator: Operator, account: str) -> None:
    email = address()
    made = operator.run("member", "create", account, email, "--role", "support", "--name", "Sam")
    assert made.returncode == 0
    assert re.search(r"^password +[\w-]{16}$", made.stdout, re.MULTILINE)
    head, row = operator.run("member", "list", account).stdout.splitlines()
    assert head.split()[:3] == ["email", "role", "name"]
    assert row.split()[:3] == [email, "support", "Sam"]
    assert head.index("role") == row.index("support")


def test_a_member_signs_in_with_the_password_that_was_printed(stack: Stack, operator: Operator, account: str) -> None:
    email = address()
    made = operator.answers("member", "create", account, email.upper(), "--role", "viewer")
    assert made["email"] == email
    assert signs_in(stack, email, made["password"])
    said = operator.answers("member", "set-password", email, "--password-stdin", sent="correct horse\n")
    assert "password" not in said
    assert [signs_in(stack, email, one) for one in (made["password"], "correct horse")] == [False, True]
    assert operator.refused("member", "create", account, email, "--role", "owner").startswith(f"{email} is a member")
    assert operator.refused("member", "set-password", email, "--password-stdin", sent="short\n").startswith(
        "A password has between 8 and 256 characters")


def test_a_new_password_and_a_removal_end_every_login(stack: Stack, operator: Operator, account: str) -> None:
    operator.answers("member", "create", account, address(), "--role", "owner")
    email = address()
    password = operator.answers("member", "create", account, email, "--role", "viewer")["password"]
    for words in (("member", "set-password", email, "--password-stdin"), ("member", "remove", email)):
        with httpx2.Client(base_url=f"http://localhost:{stack.port}", headers=SAME) as browser:
            assert browser.post("/login", data={"email": email, "password": password}).status_code == 303
            assert browser.get("/").status_code == 200
            password = "another one"
            operator.answers(*words, sent=f"{password}\n")
            assert browser.get("/").headers["location"] == "/login"
    assert not signs_in(stack, email, password)
    assert [row["role"] for row in operator.answers("member", "list", account)] == ["owner"]


def test_the_last_owner_stays(operator: Operator, account: str) -> None:
    one, two = address(), address()
    operator.answers("member", "create", account, one, "--role", "owner")
    for words in (("remove", one), ("set-role", one, "viewer")):
        assert operator.refused("member", *words).startswith(f"{one} is the last owner of the account")
    operator.answers("member", "create", account, two, "--role", "administrator")
    assert operator.answers("member", "set-role", two, "owner")["role"] == "owner"
    assert operator.answers("member", "remove", one)["removed"]
    assert operator.refused("member", "remove", two).startswith(f"{two} is the last owner")


async def test_of_two_owners_who_are_taken_away_at_one_moment_one_stays(stack: Stack, operator: Operator,
                                                                        account: str) -> None:
    both = [address(), address()]
    for one in both:
        await asyncio.to_thread(operator.answers, "member", "create", account, one, "--role", "owner")
    db = Database(stack.urls.app, pool_size=3)

    async def second() -> None:
        async with db.everywhere(actor="test") as tx:
            await members.set_role(tx, both[1], "viewer")

    try:
        async with db.everywhere(actor="test") as tx:
            await members.remove(tx, both[0])
            racing = asyncio.create_task(second())
            await asyncio.wait({racing}, timeout=1.0)  # it waits for us, or it did not and is through
        with pytest.raises(InvalidRequest, match="is the last owner"):
            await racing
    finally:
        await db.close()
    assert [row["role"] for row in
            await asyncio.to_thread(operator.answers, "member", "list", account)] == ["owner"]


def test_a_sandbox_is_a_tenant_of_its_own(stack: Stack, operator: Operator, account: str) -> None:
    made = operator.answers("environment", "create", account, "ci-7")
    assert made == {"account": account, "mode": "sandbox", "name": "ci-7"}
    assert [(row["mode"], row["name"]) for row in operator.answers("environment", "list", account)] == [
        ("test", ""), ("sandbox", "ci-7")]
    keys = [operator.answers("key", "create", account, "-e", name)["key"] for name in ("test", "ci-7")]
    with clients.http(stack, keys[1]) as client:
        made = client.post("/v1/customers", data={"name": "Jenny"}).json()
        assert client.get(f"/v1/customers/{made['id']}").status_code == 200
    assert status(stack, keys[0], f"/v1/customers/{made['id']}") == 404


def test_a_live_environment_and_its_key_can_be_made_without_the_demo(stack: Stack, operator: Operator,
                                                                     account: str) -> None:
    assert operator.answers("environment", "create", account, "live")["mode"] == "live"
    made = operator.answers("key", "create", account, "--environment", "live")
    assert made["key"].startswith("sk_live_")
    with clients.http(stack, made["key"]) as client:
        assert client.post("/v1/customers").json()["livemode"] is True
    rolled = operator.answers("key", "roll", made["id"])
    assert rolled["key"].startswith("sk_live_")


def test_a_key_has_what_it_was_given(stack: Stack, operator: Operator, account: str) -> None:
    made = operator.answers("key", "create", account, "--kind", "restricted", "--name", "Ware <house>", "--may",
                            "charges=read", "--may", "refunds=write", "--address", "127.0.0.0/8", "--address", "::1",
                            "--expires", "90d")
    assert made["key"].startswith("rk_test_")
    assert (made["permissions"], made["allowed_ips"]) == ({"charges": "read", "refunds": "write"},
                                                          ["127.0.0.0/8", "::1/128"])
    ahead = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89) < ahead <= timedelta(days=90)
    assert [status(stack, made["key"], f"/v1/{path}") for path in ("charges", "customers")] == [200, 403]
    listed = operator.run("key", "list", account).stdout
    assert made["id"] in listed
    assert made["key"] not in listed
    elsewhere = operator.answers("key", "create", account, "--address", "203.0.113.7")
    assert status(stack, elsewhere["key"]) == 403


def test_a_key_is_rolled_with_its_end_and_revoked(stack: Stack, operator: Operator, account: str) -> None:
    first = operator.answers("key", "create", account, "--expires", "30d", "--name", "till")
    second = operator.answers("key", "roll", first["id"], "--grace", "1h")
    assert (second["name"], second["expires_at"], second["old"]) == ("till", first["expires_at"], first["id"])
    assert [status(stack, one["key"]) for one in (first, second)] == [200, 200]
    assert operator.refused("key", "roll", first["id"]).startswith("This key was rolled, was revoked or has expired")
    assert operator.refused("key", "roll", second["id"], "--grace", "1y").startswith("There is no grace 1y")
    operator.answers("key", "revoke", first["id"])
    soon(stack, first["key"], 401)
    third = operator.answers("key", "roll", second["id"], "--grace", "now")
    soon(stack, second["key"], 401)
    assert status(stack, third["key"]) == 200


def test_the_audit_trail_names_the_operator(stack: Stack, operator: Operator, account: str) -> None:
    email = address()
    operator.answers("account", "rename", account, "Renamed")
    operator.answers("member", "create", account, address(), "--role", "owner")
    operator.answers("member", "create", account, email, "--role", "viewer")
    operator.answers("member", "set-role", email, "developer")
    operator.answers("member", "remove", email)
    operator.answers("environment", "create", account, "audited")
    operator.answers("key", "revoke", operator.answers("key", "create", account)["id"])
    with psycopg.connect(books.superuser(Postgres(stack.places), stack.urls)) as link:
        said = link.execute("SELECT DISTINCT tbl, op FROM pay.audit WHERE actor = %s", (ME,)).fetchall()
    assert set(said) >= {
        ("core_account", "INSERT"), ("core_account", "UPDATE"), ("core_environment", "INSERT"),
        ("core_member", "INSERT"), ("core_member", "UPDATE"), ("core_member", "DELETE"), ("core_api_key", "INSERT"),
        ("core_api_key", "UPDATE")}


def test_the_vaults_keys_are_rotated_beside_a_vault_that_runs(stack: Stack, operator: Operator, account: str) -> None:
    key = operator.answers("key", "create", account)["key"]
    env = ids.environment(operator.answers("key", "list", account)[0]["id"])
    with clients.http(stack, key) as client:
        customer = client.post("/v1/customers").json()["id"]
        kept = client.post("/v1/payment_methods/pm_card_visa/attach", data={"customer": customer}).json()["id"]
        for _ in range(2):
            told = operator.answers("vault", "rotate")
            assert {(one["account"], one["environment"], one["moved"]) for one in told} >= {
                (operator.answers("account", "show", account)["name"], "test", 1)}
            paid = client.post("/v1/payment_intents", data={
                "amount": "900", "currency": "usd", "customer": customer, "payment_method": kept, "confirm": "true"})
            assert paid.json()["status"] == "succeeded"
    with psycopg.connect(stack.urls.vault) as link:
        link.execute("SELECT set_config('app.env', %s, false)", (str(env),))
        states = [row[0] for row in link.execute("SELECT state FROM vault.key ORDER BY created_at").fetchall()]
    assert states == ["destroyed", "destroyed", "active"]


def test_it_works_while_nothing_runs_and_leaves_nothing_running(alone: Operator) -> None:
    made = alone.answers("account", "create", "First")
    alone.answers("member", "create", made["id"], "first@example.com", "--role", "owner")
    assert alone.answers("account", "show", "First")["members"] == ["first@example.com (owner)"]
    server = Postgres(Places(Path(alone.environment["FARTHING_DATA"])))
    assert server.folder.exists()
    assert children.working_in(server.folder, "postgres") == []


def test_live_mode_can_be_made_ready_and_still_refuses_the_sandbox_network(alone: Operator) -> None:
    live = Operator(alone.environment | {"FARTHING_LIVE": "true", "API_BASE": "https://a.example",
                                         "PAY_BASE": "https://b.example", "ELEMENTS_BASE": "https://c.example",
                                         "FARTHING_ALLOW_PRIVATE_WEBHOOKS": "false"})
    account = live.answers("account", "create", "Live")["id"]
    live.answers("environment", "create", account, "live")
    assert live.answers("key", "create", account, "-e", "live")["key"].startswith("sk_live_")
    refused = live.process("run")
    assert refused.returncode == 1
    assert refused.stderr == ("farthing: Live mode refuses to start: ACQUIRERS names the sandbox network: name a real "
                              "acquirer, or unset FARTHING_LIVE.\n")


def test_it_works_on_the_operators_own_database(stack: Stack, alone: Operator) -> None:
    owner = stack.urls.owner
    with sql.connect(roles.with_user(owner, "postgres", stack.places.password("postgres"))) as link:
        link.execute("CREATE ROLE theirs LOGIN CREATEROLE PASSWORD 'pw'")
        link.execute("CREATE DATABASE theirs OWNER theirs")
        link.execute("GRANT farthing_owner, farthing_app, farthing_vault, farthing_auditor TO theirs WITH ADMIN OPTION")
    urls = {f"{name}DATABASE_URL": re.sub(r"/farthing\?", "/theirs?", url) for name, url in (
        ("", roles.with_user(owner, "theirs", "pw")), ("APP_", stack.urls.app), ("VAULT_", stack.urls.vault),
        ("AUDITOR_", stack.urls.auditor))}
    given = Operator(alone.environment | urls)
    made = given.answers("account", "create", "Theirs")
    assert given.answers("account", "list") == [made]
    assert not (Path(alone.environment["FARTHING_DATA"]) / "postgres").exists()


def test_a_database_that_is_away_is_told_in_one_sentence(alone: Operator) -> None:
    away = Operator(alone.environment | {"DATABASE_URL": "postgresql://x:y@127.0.0.1:1/z"})
    assert away.refused("account", "list").startswith("DATABASE_URL does not work: ")


def test_the_help_names_every_command_by_topic(operator: Operator) -> None:
    told = operator.run("--help").stdout
    topics = re.findall(r"^╭─ (.*?) ─", told, re.MULTILINE)
    assert topics == ["Options", "Run it", "Keep it safe", "Merchants"]
    assert re.findall(r"^│ ([a-z][a-z-]+)  ", told, re.MULTILINE) == [
        "run", "migrate", "seed", "check-settings", "verify", "backup", "restore", "vault", "message",
        "account", "member", "environment", "key"]
    assert operator.run("nonsense").returncode == 2
    assert operator.process("account", "list").returncode == 0
