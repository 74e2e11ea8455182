"""One browser and one shop for all browser tests."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, StorageState, expect

from tests.browser.chromium import launched, visiting
from tests.browser.shop import Shop
from tests.stack import Stack


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as running:
        yield running


@pytest.fixture(scope="session")
async def shop(stack: Stack) -> AsyncIterator[Shop]:
    one = Shop(stack)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def signed_in(browser: Browser, shop: Shop, no_tries: None) -> StorageState:
    """What a browser keeps when the demo account's member has signed in to the portal."""
    values = shop.stack.values
    async with visiting(browser) as one:
        await one.goto(f"http://localhost:{shop.stack.port}/login")
        await one.fill("#email", values["portal_email"])
        await one.fill("#password", values["portal_password"])
        await one.get_by_role("button", name="Sign in").click()
        await expect(one.get_by_role("heading", name="Today", exact=True)).to_be_visible()
        return await one.context.storage_state()


@pytest.fixture
async def page(browser: Browser, signed_in: StorageState) -> AsyncIterator[Page]:
    """An empty page of a browser in which the demo account's member has signed in."""
    async with visiting(browser, storage_state=signed_in) as one:
        yield one
