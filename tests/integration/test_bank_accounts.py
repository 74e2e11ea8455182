"""Numbers of bank accounts in the vault: sealed, moved with the cards' keys, and near to nobody else."""

import psycopg
import pytest

from backend.cards import bank_accounts, sql, tokens
from backend.cards.keys import KeyLost
from backend.errors import NotFound
from backend.stack.roles import Urls
from tests.integration.test_vault_storage import as_owner, safe_over
from tests.stack import Schema
from tests.vaults import ACCOUNT, seed

IBAN = "DE89370400440532013000"


@pytest.fixture
def urls(postgres: Schema) -> Urls:
    return postgres.fresh()


async def keep(safe: tokens.Safe, env: int, account: str = ACCOUNT) -> str:
    return str((await bank_accounts.keep(safe, env, account, "sepa_debit", IBAN, {}))["token"])


async def test_a_number_is_sealed_and_opens_for_its_environment_alone(urls: Urls) -> None:
    mine, theirs = seed(urls), seed(urls, "acct_other", keys=False)
    async with safe_over(urls) as safe:
        token = await keep(safe, mine)
        assert (await bank_accounts.use(safe, mine, token)).number == IBAN
        with pytest.raises(NotFound):
            await bank_accounts.use(safe, theirs, token)
    assert as_owner(urls, mine, "SELECT count(*) FROM vault.bank_account WHERE strpos(sealed::text, %s) > 0 "
                                "OR strpos(facts::text, %s) > 0", IBAN[4:], IBAN[4:]) == [(0,)]


async def test_a_fingerprint_knows_an_account_again_within_one_merchant(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        made = [(await bank_accounts.keep(safe, env, account, "sepa_debit", IBAN, {}))["bank"]["fingerprint"]
                for account in (ACCOUNT, ACCOUNT, "acct_other")]
    assert made[0] == made[1] != made[2]


async def test_rotation_moves_every_account_and_destroys_the_old_key(urls: Urls) -> None:
    env = seed(urls)
    async with safe_over(urls) as safe:
        kept = [await keep(safe, env) for _ in range(3)]
        old = await safe.keys.active(env)
        await safe.keys.rotate(env)
        assert not await sql.key_destroy(safe.db, env, old.id), "it still seals accounts"
        assert await tokens.reseal(safe, env, batch=2) == 3
        safe.keys.forget()
        for token in kept:
            assert (await bank_accounts.use(safe, env, token)).number == IBAN
        with pytest.raises(KeyLost):
            await safe.keys.get(env, old.id)


@pytest.mark.parametrize("role", ["app", "auditor"])
@pytest.mark.parametrize("statement", ["SELECT * FROM vault.bank_account", "SELECT vault.bank_open('pm_x')"])
def test_nobody_else_comes_near_them(urls: Urls, role: str, statement: str) -> None:
    with psycopg.connect(getattr(urls, role)) as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
        link.execute(statement)


@pytest.mark.parametrize("statement", ["DELETE FROM vault.bank_account", "TRUNCATE vault.bank_account",
                                       "UPDATE vault.bank_account SET token = 'pm_x'",
                                       "UPDATE vault.bank_account SET facts = '{}'"])
def test_the_vault_itself_may_only_add_and_reseal(urls: Urls, statement: str) -> None:
    with psycopg.connect(urls.vault) as link:
        link.execute("SELECT set_config('app.env', '1', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(statement)
