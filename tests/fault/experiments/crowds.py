"""Strangers hold a thousand answers unread and read a thousand more a byte a second; the others must not notice."""

import asyncio
import os
import time

import httpx2
import psutil

from tests.fault.verdicts import Figures, verdict
from tests.hostile import crowd
from tests.stack import Stack, running

TITLE = "A crowd that does not read"
AT_ONCE = 4
_PAUSE_SECONDS = 0.05


async def run(seed: int, quick: bool) -> Figures:
    """Ask as merchants do while the crowd stands at the web's door, then while it stands at the vault's."""
    each, seconds, began = 100 if quick else 1000, 10 if quick else 45, time.monotonic()
    figures: Figures = {"unread_connections": each, "slow_connections": each}
    failed: list[str] = []
    requests = 0
    with running() as stack:
        await _asked(stack, 2.0, failed)
        for name, port, path in (("web", stack.port, "/v1/openapi.json"), ("vault", stack.vault_port, "/healthz")):
            before = _memory(stack, name)
            with crowd(port, unread=each, slow=each, path=path) as seen:
                await asyncio.sleep(2)
                took = await _asked(stack, seconds, failed)
            requests += len(took)
            figures |= {f"{name}_requests": len(took), f"{name}_hung_up_on": seen.get("thrown_out", 0),
                        f"{name}_p95_ms": round(sorted(took)[int(len(took) * 0.95)] * 1000, 1),
                        f"{name}_longest_ms": round(max(took) * 1000, 1),
                        f"{name}_memory_grown_mb": round((_memory(stack, name) - before) / 1e6, 1)}
    figures |= {"requests_failed": len(failed), "load_average": round(os.getloadavg()[0], 1)}
    return verdict(seed, requests, began, figures, why=failed, at_least={"web_requests": 1, "vault_requests": 1},
                   at_most={"requests_failed": 0, "web_p95_ms": 200, "vault_p95_ms": 200})


def _memory(stack: Stack, name: str) -> int:
    return psutil.Process(stack.pid(name)).memory_info().rss


async def _asked(stack: Stack, seconds: float, failed: list[str]) -> list[float]:
    """The seconds that each request of a few honest clients took: a payment, a reading, a card at the vault."""
    until, took = time.monotonic() + seconds, []
    key, card = (stack.secret_key, ""), {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12",
                                         "card[exp_year]": "2034", "card[cvc]": "123"}
    form = {"amount": "1000", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true",
            "automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"}
    vault = f"http://127.0.0.1:{stack.vault_port}/v1/payment_methods"

    async def client(http: httpx2.AsyncClient) -> None:
        while time.monotonic() < until:
            for method, url, data in (("POST", "/v1/payment_intents", form), ("GET", "/v1/balance", None),
                                      ("POST", vault, card)):
                began = time.monotonic()
                try:
                    answer = await http.request(method, url, data=data, auth=key)
                    if answer.status_code != 200:
                        failed.append(f"{url}: {answer.status_code} {answer.text[:200]}")
                except httpx2.HTTPError as error:
                    failed.append(f"{url}: {type(error).__name__} {error}")
                took.append(time.monotonic() - began)
                await asyncio.sleep(_PAUSE_SECONDS)

    async with httpx2.AsyncClient(base_url=stack.api_base, timeout=20, trust_env=False) as http:
        await asyncio.gather(*(client(http) for _ in range(AT_ONCE)))
    return took
