"""What lies in the vault's tables: who may read it, what opens it, and how its keys come and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import psycopg
import pytest

from backend.cards import fingerprints, sql, tokens
from backend.cards.cvcs import Cvcs
from backend.cards.inputs import check
from backend.cards.keys import DataKeys, FileKeyProvider, KeyLost
from backend.clock import Clock
from backend.db import Database
from backend.errors import ApiError, NotFound
from backend.stack.roles import Urls
from tests.stack import Schema
from tests.vaults import ACCOUNT, seed

NUMBER, OTHER = "4242424242424242", "5555555555554444"
KEK, FINGERPRINT_KEY = FileKeyProvider(b"k" * 32), b"f" * 32


class SetClock:
    """A clock that stands where the test puts it."""

    def __init__(self, moment: datetime = datetime(2026, 11, 21, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def urls(postgres: Schema) -> Urls:
    return postgres.fresh()


@asynccontextmanager
async def safe_over(urls: Urls, clock: Clock | None = None, kek: FileKeyProvider = KEK) -> AsyncIterator[tokens.Safe]:
    """What one vault process holds."""
    db, clock = Database(urls.vault, pool_size=4), clock or SetClock()
    await db.open()
    try:
        yield tokens.Safe(db, DataKeys(db, kek, clock), Cvcs(), clock, FINGERPRINT_KEY)
    finally:
        await db.close()


async def keep(safe: tokens.Safe, env: int, number: str = NUMBER, account: str = ACCOUNT) -> str:
    kept = await tokens.keep(safe, env, account, check(number, 12, 2034, "123", date(2026, 11, 21)), "not_enrolled",
                             tokens.Extras())
    return str(kept["token"])


def as_owner(urls: Urls, env: int, statement: str, *params: object) -> list[tuple[object, ...]]:
    """Run one statement as the schema's owner, bound to `env`."""
    with psycopg.connect(urls.owner) as link:
        link.execute("SELECT set_config('app.env', %s, false)", (str(env),))
        cursor = link.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


async def test_a_kept_card_comes_back_for_use_and_only_its_face_for_show(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        token = await keep(safe, env)
        assert (await tokens.use(safe, env, token, "test")).number == NUMBER
        shown = await tokens.describe(safe, env, token)
        assert shown is not None
        assert shown["card"]["last4"] == "4242"
        assert shown["card"]["fingerprint"] == fingerprints.of(FINGERPRINT_KEY, ACCOUNT, NUMBER)
        assert NUMBER not in str(shown)


@pytest.mark.parametrize("role", ["app", "auditor"])
@pytest.mark.parametrize("statement", [
    "SELECT * FROM vault.card", "SELECT * FROM vault.key", "SELECT vault.card_open('pm_x')",
    "SELECT vault.cards_open(1, '{}')",
    "SELECT vault.key_active()", "UPDATE vault.card SET brand = 'visa'", "DELETE FROM vault.key",
])
def test_nobody_else_comes_near_the_vaults_tables(urls: Urls, role: str, statement: str) -> None:
    with (psycopg.connect(getattr(urls, role)) as link, pytest.raises(psycopg.errors.InsufficientPrivilege)):
        link.execute(statement)


@pytest.mark.parametrize("table", ["pay.account", "pay.transfer", "pay.hold", "core.api_key", "core.member",
                                   "core.account", "core.environment", "core.login"])
def test_the_vault_reads_nothing_of_the_rest(urls: Urls, table: str) -> None:
    with (psycopg.connect(urls.vault) as link, pytest.raises(psycopg.errors.InsufficientPrivilege)):
        link.execute(f"SELECT * FROM {table}")


@pytest.mark.parametrize("statement", ["DELETE FROM vault.card", "TRUNCATE vault.card", "DELETE FROM vault.key",
                                       "UPDATE vault.card SET token = 'pm_x'", "UPDATE vault.card SET last4 = '0000'"])
def test_the_vault_itself_may_only_add_and_reseal(urls: Urls, statement: str) -> None:
    with psycopg.connect(urls.vault) as link:
        link.execute("SELECT set_config('app.env', '1', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(statement)


async def test_another_environment_sees_no_card(urls: Urls) -> None:
    mine, theirs = seed(urls), seed(urls, "acct_other", keys=False)
    async with safe_over(urls) as safe:
        token = await keep(safe, mine)
        assert await tokens.describe(safe, theirs, token) is None
        with pytest.raises(NotFound):
            await tokens.use(safe, theirs, token, "test")


async def test_row_level_security_holds_without_the_functions_own_filter(urls: Urls) -> None:
    mine, theirs = seed(urls), seed(urls, "acct_other", keys=False)
    async with safe_over(urls) as safe:
        await keep(safe, mine)
    with psycopg.connect(urls.vault, autocommit=True) as link:
        with pytest.raises(psycopg.errors.UndefinedObject):
            link.execute("SELECT count(*) FROM vault.card")
        link.execute("SELECT set_config('app.env', %s, false)", (str(theirs),))
        assert link.execute("SELECT count(*) FROM vault.card").fetchone() == (0,)
        assert link.execute("SELECT count(*) FROM vault.key").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            link.execute("INSERT INTO vault.key (env, id, month, state, wrapped, kek, retire_by) "
                         "VALUES (%s, 'dek_x', '2026-11-01', 'pending', '', '', now())", (mine,))
        link.execute("SELECT set_config('app.env', %s, false)", (str(mine),))
        assert link.execute("SELECT count(*) FROM vault.card").fetchone() == (1,)


async def test_swapped_ciphertexts_do_not_open(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        mine, theirs = await keep(safe, env), await keep(safe, env, OTHER)
        as_owner(urls, env, "UPDATE vault.card c SET sealed = o.sealed FROM vault.card o "
                            "WHERE c.token = %s AND o.token = %s", mine, theirs)
        with pytest.raises(ApiError) as refused:
            await tokens.use(safe, env, mine, "test")
        assert refused.value.code == "card_unreadable"
        assert (await tokens.use(safe, env, theirs, "test")).number == OTHER


async def test_a_row_copied_to_another_environment_does_not_open_there(urls: Urls) -> None:
    env, other = seed(urls), seed(urls, "acct_other", keys=False)
    async with safe_over(urls) as safe:
        token = await keep(safe, env)
        await keep(safe, other)
        row = as_owner(urls, env, "SELECT to_jsonb(c)::text FROM vault.card c WHERE token = %s", token)[0][0]
        for key in as_owner(urls, other, "SELECT id FROM vault.key"):
            as_owner(urls, other, "INSERT INTO vault.card SELECT (jsonb_populate_record(NULL::vault.card, %s::jsonb "
                                  "|| jsonb_build_object('env', %s::bigint, 'key_id', %s::text))).*",
                     row, other, key[0])
        with pytest.raises(ApiError):
            await tokens.use(safe, other, token, "test")


async def test_no_card_number_lies_in_the_database(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        await keep(safe, env)
    stored = as_owner(urls, env, "SELECT c::text, encode(c.sealed, 'escape') FROM vault.card c")
    assert len(stored) == 1
    assert NUMBER not in str(stored)
    assert NUMBER[:8] not in str(stored)


async def test_the_same_card_is_sealed_differently_each_time(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        for _ in range(3):
            await keep(safe, env)
    assert as_owner(urls, env, "SELECT count(DISTINCT sealed), count(DISTINCT fingerprint) FROM vault.card") == [(3, 1)]


async def test_a_month_has_one_key_and_the_next_month_another(urls: Urls) -> None:
    env, clock = seed(urls), SetClock()
    async with safe_over(urls, clock) as safe:
        november = [await keep(safe, env), await keep(safe, env)]
        clock.moment = datetime(2026, 12, 1, tzinfo=UTC)
        december = await keep(safe, env)
        for token in (*november, december):
            assert (await tokens.use(safe, env, token, "test")).number == NUMBER
    assert as_owner(urls, env, "SELECT month::text, state FROM vault.key ORDER BY month") == [
        ("2026-11-01", "decrypt_only"), ("2026-12-01", "active")]


async def test_processes_that_race_for_the_first_key_agree_on_one(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as one, safe_over(urls) as two, safe_over(urls) as three:
        made = await asyncio.gather(*(safe.keys.active(env) for safe in (one, two, three)))
        assert len({key.id for key in made}) == 1
        token = await keep(one, env)
        assert (await tokens.use(three, env, token, "test")).number == NUMBER


async def test_rotation_moves_every_card_and_destroys_the_old_key(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        kept = [await keep(safe, env) for _ in range(5)]
        old = await safe.keys.active(env)
        new = await safe.keys.rotate(env)
        assert new.id != old.id
        assert await tokens.reseal(safe, env, batch=2) == 5
        for token in kept:
            assert (await tokens.use(safe, env, token, "test")).number == NUMBER
        safe.keys.forget()
        with pytest.raises(KeyLost):
            await safe.keys.get(env, old.id)
    assert as_owner(urls, env, "SELECT state, wrapped IS NULL FROM vault.key ORDER BY created_at") == [
        ("destroyed", True), ("active", False)]
    assert as_owner(urls, env, "SELECT count(*) FROM vault.card WHERE key_id = %s", old.id) == [(0,)]


async def test_a_key_that_still_seals_a_card_is_not_destroyed(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        await keep(safe, env)
        old = await safe.keys.active(env)
        assert not await sql.key_destroy(safe.db, env, old.id)
        await safe.keys.rotate(env)
        assert not await sql.key_destroy(safe.db, env, old.id)


async def test_a_card_is_never_left_under_a_destroyed_key(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as slow, safe_over(urls) as quick:
        remembered = await slow.keys.active(env)
        await quick.keys.rotate(env)
        assert await sql.key_destroy(quick.db, env, remembered.id)
        token = await keep(slow, env)
        assert (await tokens.use(quick, env, token, "test")).number == NUMBER
    assert as_owner(urls, env, "SELECT count(*) FROM vault.card WHERE key_id = %s", remembered.id) == [(0,)]


async def test_a_new_kek_takes_over_the_data_keys(urls: Urls) -> None:
    env, new_kek = seed(urls), FileKeyProvider(b"n" * 32)
    async with safe_over(urls) as safe:
        token = await keep(safe, env)
    async with safe_over(urls, kek=new_kek) as safe:
        with pytest.raises(ApiError):
            await tokens.use(safe, env, token, "test")
        with pytest.raises(KeyLost, match="lies under the KEK"):
            await safe.keys.active(env)
        assert await safe.keys.rewrap(env, KEK) == 1
        assert await safe.keys.rewrap(env, KEK) == 0
        assert (await tokens.use(safe, env, token, "test")).number == NUMBER


@pytest.mark.parametrize("row", [
    ("'gone'", "'x'::bytea", "NULL"), ("'active'", "NULL", "NULL"), ("'destroyed'", "'x'::bytea", "now()"),
])
async def test_the_database_refuses_key_states_that_make_no_sense(urls: Urls, row: tuple[str, str, str]) -> None:
    env = seed(urls)
    with pytest.raises(psycopg.errors.CheckViolation):
        as_owner(urls, env, "INSERT INTO vault.key (env, id, month, state, wrapped, kek, retire_by, destroyed_at) "
                            f"VALUES (%s, 'dek_x', '2026-11-01', {row[0]}, {row[1]}, 'k', now(), {row[2]})", env)


async def test_fingerprints_follow_the_account_and_not_the_environment(urls: Urls) -> None:
    test, live, other = seed(urls), seed(urls, mode="live", keys=False), seed(urls, "acct_other", keys=False)
    async with safe_over(urls) as safe:
        shown = [await tokens.describe(safe, env, await keep(safe, env, account=account))
                 for env, account in ((test, ACCOUNT), (live, ACCOUNT), (other, "acct_other"))]
    prints = [found["card"]["fingerprint"] for found in shown if found]
    assert prints[0] == prints[1] != prints[2]
