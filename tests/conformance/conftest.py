"""What the conformance tests share besides the stack."""

from collections.abc import Iterator

import pytest
import stripe

from tests.conformance import clients
from tests.stack import Stack


@pytest.fixture(scope="module")
def client(stack: Stack) -> stripe.StripeClient:
    return clients.client(stack)


@pytest.fixture(scope="module")
def vault(stack: Stack) -> stripe.StripeClient:
    """The same package, pointed at the vault as a browser or an app is."""
    base = f"http://127.0.0.1:{stack.vault_port}"
    return stripe.StripeClient(stack.publishable_key, base_addresses={"api": base}, max_network_retries=0)


@pytest.fixture(scope="module", autouse=True)
def nobody_listens_afterwards(stack: Stack) -> Iterator[None]:
    """Endpoints that samples made, at addresses that never answer, must not await the events of other tests."""
    yield
    with clients.http(stack) as http:
        for one in http.get("/v1/webhook_endpoints", params={"limit": 100}).raise_for_status().json()["data"]:
            http.delete(f"/v1/webhook_endpoints/{one['id']}").raise_for_status()
