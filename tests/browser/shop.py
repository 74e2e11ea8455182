"""A small shop for tests: makes checkout sessions through the API and looks at what became of them."""

import re
from typing import Any

import httpx2

from tests.stack import Stack

THANKS = "/healthz"
"""Where shoppers come back to: any page stands for the shop's own, and this one costs a browser the least."""


class Shop:
    """Speaks to a running stack as a merchant's server, and as a shopper's plain HTTP client."""

    def __init__(self, stack: Stack, key: str = "", client: httpx2.AsyncClient | None = None) -> None:
        """The sandbox's own merchant, or the one whose secret `key` it is."""
        self.stack = stack
        self.pay_host = f"pay.localhost:{stack.port}"
        self.pay_base = f"http://{self.pay_host}"
        self.thanks = f"http://localhost:{stack.port}{THANKS}"
        self.key = key or stack.secret_key
        self.client = client or httpx2.AsyncClient(trust_env=False, timeout=20)

    async def close(self) -> None:
        await self.client.aclose()

    async def api(self, method: str, path: str, data: dict[str, str] | None = None) -> httpx2.Response:
        return await self.client.request(method, f"{self.stack.api_base}{path}", data=data,
                                         auth=(self.key, ""))

    async def session(self, amount: int = 2000, currency: str = "usd", **more: str) -> dict[str, Any]:
        """A new checkout session; `more` uses `__` for brackets: payment_intent_data__capture_method."""
        item = "line_items[0]"
        data = {"mode": "payment", "success_url": f"{self.thanks}?session={{CHECKOUT_SESSION_ID}}",
                f"{item}[quantity]": "1", f"{item}[price_data][currency]": currency,
                f"{item}[price_data][unit_amount]": str(amount),
                f"{item}[price_data][product_data][name]": "Field notebook"}
        data |= {re.sub(r"__(\w+)", r"[\1]", name): value for name, value in more.items()}
        answer = await self.api("POST", "/v1/checkout/sessions", data)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def look(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.api("GET", f"/v1/checkout/sessions/{id}")).json()
        return found

    async def charges(self, session: str) -> list[dict[str, Any]]:
        """The charges of a session's payment that succeeded."""
        intent = (await self.look(session))["payment_intent"]
        if intent is None:
            return []
        found = (await self.api("GET", f"/v1/charges?payment_intent={intent}&limit=100")).json()
        return [charge for charge in found["data"] if charge["paid"]]

    async def page(self, path: str, method: str = "GET", **options: Any) -> httpx2.Response:
        """A request to the pay origin; plain HTTP clients reach it by its Host header."""
        headers = {"host": self.pay_host, **options.pop("headers", {})}
        return await self.client.request(method, f"http://127.0.0.1:{self.stack.port}{path}", headers=headers,
                                         **options)

    async def token(self, session: str, number: str = "4242424242424242") -> str:
        """A card token for a session, made as the page's form makes it."""
        html = (await self.page(f"/c/{session}")).text
        signed = re.search(r'name="session_token" value="([^"]+)"', html)
        assert signed, html[:400]
        data = {"session_token": signed[1], "cardNumber": number, "cardExpiry": "12 / 34",
                "cardCvc": "1234" if len(number) == 15 else "123",
                "billingName": "Ada Byron", "billingCountry": "US", "billingPostalCode": "10001",
                "email": "ada@example.com"}
        answer = await self.client.post(
            f"http://127.0.0.1:{self.stack.vault_port}/checkout/card", data=data,
            headers={"accept": "application/json", "host": f"js.localhost:{self.stack.vault_port}"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["payment_method"]["id"])

    async def pay(self, session: str, token: str, **more: Any) -> httpx2.Response:
        """What the page's script posts after the vault has answered."""
        said = {"payment_method": token, "email": "ada@example.com", "name": "Ada Byron", "country": "US",
                "postal_code": "10001", **more}
        return await self.page(f"/c/{session}/pay", "POST", json=said, headers={"sec-fetch-site": "same-origin"})
