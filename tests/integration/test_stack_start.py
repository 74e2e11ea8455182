"""What a start must give: addresses, keys, private files, and databases that let nobody in without a password."""

import os
import re
import stat
import subprocess
import sys
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest

from backend.seed import FIELDS, SECOND
from backend.stack import checks, roles, sql
from backend.stack.run import VALUES
from tests.stack import ROOT, DidNotStart, Stack, temporary_folder


def _mode(path: os.PathLike[str]) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_the_values_are_printed_and_written_for_this_user_only(stack: Stack) -> None:
    assert tuple(stack.values) == VALUES
    for one in (stack.values, stack.values[SECOND]):
        assert set(FIELDS) <= set(one)
        assert all(one[name] in stack.output() for name in FIELDS if name not in ("account", "publishable_key"))
    assert stack.values["publishable_key"] in stack.output()
    assert _mode(stack.places.sandbox_json) == 0o600


def test_every_address_that_is_printed_leads_somewhere(stack: Stack) -> None:
    greeting = stack.output()[stack.output().rindex("Farthing is running"):]
    of_it = "\n".join(line for line in greeting.splitlines() if not line.startswith("  ["))  # errors of children follow
    addresses = re.findall(r"https?://[^\s,]+", of_it)
    assert len(addresses) >= 5
    assert re.search(rf"^  Vault +http://localhost:{stack.vault_port} \(.*card numbers.*\)$", of_it, re.MULTILINE)
    for one in addresses:
        parts = urlsplit(one)
        answer = httpx2.get(f"http://127.0.0.1:{parts.port}{parts.path or '/'}", headers={"Host": parts.netloc},
                            follow_redirects=False)
        assert answer.status_code in (200, 303), one


def test_every_process_answers(stack: Stack) -> None:
    for port in (stack.port, stack.vault_port, stack.sandbox_port, stack.shop_port):
        assert httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def test_the_host_name_chooses_between_portal_and_checkout(stack: Stack) -> None:
    pages = {host: httpx2.get(f"http://127.0.0.1:{stack.port}/", headers={"Host": f"{host}:{stack.port}"}).text
             for host in ("localhost", "pay.localhost")}
    assert pages["localhost"] != pages["pay.localhost"]


def test_secrets_and_databases_are_closed_to_other_users(stack: Stack) -> None:
    closed = [stack.places.secrets, stack.places.logs, stack.places.redis, stack.places.postgres.resolve()]
    assert [_mode(path) for path in closed] == [0o700] * len(closed)
    assert {_mode(path) for path in stack.places.secrets.iterdir()} == {0o600}
    assert {_mode(path) & 0o077 for path in stack.places.logs.iterdir()} == {0}


def test_the_databases_listen_on_no_port(stack: Stack) -> None:
    for name in ("postgres", "redis"):
        listening = [link for link in psutil.Process(stack.pid(name)).net_connections("inet")
                     if link.status == psutil.CONN_LISTEN]
        assert listening == []


def test_a_role_needs_its_password(stack: Stack) -> None:
    for url in (stack.urls.owner, stack.urls.app, stack.urls.vault, stack.urls.auditor):
        user = roles.user_of(url)
        with pytest.raises(sql.DatabaseError, match="password authentication failed"):
            sql.connect(roles.with_user(url, user, "wrong"))


def test_roles_have_no_power_over_row_level_security(stack: Stack) -> None:
    for url in (stack.urls.owner, stack.urls.app, stack.urls.vault, stack.urls.auditor):
        with sql.connect(url) as link:
            facts = sql.facts(link)
        assert [facts[power] for power in ("superuser", "bypasses_rls", "creates_roles")] == [False] * 3


@pytest.mark.parametrize("role", list(roles.LIMITS))
def test_every_role_has_its_limits(stack: Stack, role: str) -> None:
    url = next(url for url in (stack.urls.owner, stack.urls.app, stack.urls.vault, stack.urls.auditor)
               if roles.user_of(url) == role)
    with sql.connect(url) as link:
        found = {name: link.execute("SELECT current_setting(%s)", (name,)).fetchone()[0] for name in roles.LIMITS[role]}
        wanted = {name: link.execute("SELECT %s::interval = %s::interval", (value, found[name])).fetchone()[0]
                  for name, value in roles.LIMITS[role].items()}
    assert all(wanted.values()), found


def test_the_server_keeps_every_promise_about_durability(stack: Stack) -> None:
    with sql.connect(stack.urls.owner) as link:
        assert sql.settings_off(link, list(checks.UNSAFE)) == ["ssl"]  # only a private socket, so no TLS


def test_a_process_knows_only_the_databases_it_needs(stack: Stack) -> None:
    addresses = {"DATABASE_URL", "APP_DATABASE_URL", "VAULT_DATABASE_URL", "AUDITOR_DATABASE_URL", "REDIS_URL"}
    knows = {name: addresses & psutil.Process(stack.pid(name)).environ().keys()
             for name in ("sandbox", "vault", "web", "worker")}
    assert knows == {"sandbox": set(), "vault": {"VAULT_DATABASE_URL"}, "web": {"APP_DATABASE_URL", "REDIS_URL"},
                     "worker": {"APP_DATABASE_URL", "REDIS_URL"}}


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(stack: Stack) -> None:
    done = subprocess.run([sys.executable, "-m", "farthing", "run"], cwd=ROOT, env=stack.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (f"farthing: Farthing already runs on {stack.places.data} (process {stack.process.pid}): "
                           "stop it first, or set FARTHING_DATA to another folder.\n")
    assert httpx2.get(f"{stack.api_base}/healthz").status_code == 200


@pytest.mark.parametrize("variable", ["PORT", "VAULT_PORT", "VAULT_LINK_PORT", "SANDBOX_PORT", "SHOP_PORT"])
def test_a_taken_port_is_named_together_with_its_holder_and_the_setting(stack: Stack, variable: str) -> None:
    with temporary_folder() as folder:
        second = Stack(folder, **{variable: str(stack.port)})
        with pytest.raises(DidNotStart) as refused:
            second.start()
    assert str(refused.value).startswith(f"farthing: Port {stack.port} is already taken by ")
    assert f"set {variable} to another number." in str(refused.value)


def test_a_wrong_setting_is_named_in_one_sentence() -> None:
    with temporary_folder() as folder, pytest.raises(DidNotStart) as refused:
        Stack(folder, LOG_LEVEL="info", ACQUIRER_TIMEOUT_SECONDS="-1").start()
    assert str(refused.value).startswith("farthing: The setting ACQUIRER_TIMEOUT_SECONDS cannot be used")
    assert len(str(refused.value).splitlines()) == 1


def test_live_mode_refuses_the_sandbox_network() -> None:
    with temporary_folder() as folder:
        live = Stack(folder, FARTHING_LIVE="true")
        with pytest.raises(DidNotStart) as refused:
            live.start()
    assert "farthing: Live mode refuses to start: ACQUIRERS names the sandbox network" in str(refused.value)
