"""Shoppers for money tests: many purchases at once over HTTP, each with a memory of what it was told."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import stripe

Form = dict[str, str]

CURRENCIES = {"usd": 2, "eur": 2, "jpy": 0, "kwd": 3}
DECLINED = ("pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds",
            "pm_card_visa_chargeDeclinedLostCard", "pm_card_chargeDeclinedExpiredCard")
GOOD = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa_debit", "pm_card_discover")
KINDS = {"sale": 30, "two_steps": 20, "secure": 8, "capture": 14, "capture_part": 8, "void": 8, "declined": 12}
"""What a purchase does, with its weight."""

_AGAIN = frozenset({409, 429, 500, 502, 503, 504})


class GaveUp(Exception):
    """A request got no final answer however often it was repeated."""


@dataclass
class Told:
    """One request and its final answer."""

    path: str
    form: Form
    key: str
    status: int
    body: bytes
    tries: int
    headers: dict[str, str]


@dataclass
class Purchase:
    """One order of one shopper: what is bought how, and everything that the shop was told about it."""

    number: int
    kind: str
    amount: int
    currency: str
    card: str
    told: list[Told] = field(default_factory=list)
    intent: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def taken(self) -> int:
        """Minor units that the shopper must pay when all goes well."""
        if self.kind in ("void", "declined"):
            return 0
        return self.amount // 2 if self.kind == "capture_part" else self.amount


def purchases(seed: int, count: int) -> list[Purchase]:
    """`count` purchases drawn from `seed`; of amounts that every currency takes, whole and by half."""
    chance = random.Random(seed)
    kinds = chance.choices(list(KINDS), list(KINDS.values()), k=count)
    return [Purchase(number, kind, 20 * chance.randrange(16, 4_500), chance.choice(list(CURRENCIES)),
                     chance.choice(DECLINED if kind == "declined" else GOOD)
                     if kind != "secure" else "pm_card_visa")
            for number, kind in enumerate(kinds)]


class Shop:
    """A merchant's server: sends requests as the official SDKs do, the same key with every repetition."""

    def __init__(self, base: str, key: str, seed: int, *, patience_seconds: float = 90.0) -> None:
        self._client = httpx2.AsyncClient(base_url=base, auth=(key, ""), timeout=40, trust_env=False,
                                          limits=httpx2.Limits(max_connections=64))
        self._seed, self._patience = seed, patience_seconds
        self._chance = random.Random(seed)
        self.answers: Counter[str] = Counter()
        self.asked: list[tuple[float, float, bool]] = []
        """Every try: when it began, when it ended, and whether it was answered and not by a 5xx."""

    async def close(self) -> None:
        await self._client.aclose()

    async def buy(self, purchase: Purchase) -> None:
        """Carry one purchase through as far as the answers let it."""
        began = asyncio.get_running_loop().time()
        try:
            await self._buy(purchase)
        finally:
            purchase.seconds = asyncio.get_running_loop().time() - began

    async def _buy(self, purchase: Purchase) -> None:
        form = {"amount": str(purchase.amount), "currency": purchase.currency,
                "metadata[order]": f"{self._seed}-{purchase.number}"}
        if purchase.kind in ("capture", "capture_part", "void"):
            form["capture_method"] = "manual"
        pay = {"payment_method": purchase.card}
        if purchase.kind == "secure":
            pay["payment_method_options[card][request_three_d_secure]"] = "any"
        if purchase.kind in ("two_steps", "declined"):
            if not await self._post(purchase, "/v1/payment_intents", form, "create"):
                return
            done = await self._post(purchase, f"/v1/payment_intents/{purchase.intent['id']}/confirm", pay, "confirm")
        else:
            done = await self._post(purchase, "/v1/payment_intents", {**form, **pay, "confirm": "true"}, "create")
        if not done or "capture_method" not in form:
            return
        if (await self.rest(purchase))["status"] != "requires_capture":
            return
        path = f"/v1/payment_intents/{purchase.intent['id']}"
        if purchase.kind == "void":
            await self._post(purchase, f"{path}/cancel", {}, "cancel")
        else:
            part = {"amount_to_capture": str(purchase.taken)} if purchase.kind == "capture_part" else {}
            await self._post(purchase, f"{path}/capture", part, "capture")

    async def rest(self, purchase: Purchase, seconds: float = 90.0) -> dict[str, Any]:
        """Ask until the intent is no longer `processing`; the intent as it then is."""
        until = asyncio.get_running_loop().time() + seconds
        while purchase.intent["status"] == "processing" and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.5)
            try:
                reply = await self._client.get(f"/v1/payment_intents/{purchase.intent['id']}")
            except httpx2.TransportError:
                continue
            if reply.status_code == 200:
                purchase.intent = reply.json()
        return purchase.intent

    async def look(self, purchase: Purchase) -> None:
        """The intent as the API shows it now."""
        reply = await self._client.get(f"/v1/payment_intents/{purchase.intent['id']}")
        reply.raise_for_status()
        purchase.intent = reply.json()

    async def _post(self, purchase: Purchase, path: str, form: Form, step: str) -> bool:
        """One request; True when it was granted. What was told is kept in `purchase.told`."""
        key = f"{self._seed}-{purchase.number}-{step}"
        reply, tries = await self._insist(path, form, key)
        self.answers[str(reply.status_code)] += 1
        purchase.told.append(Told(path, form, key, reply.status_code, reply.content, tries,
                                  dict(reply.headers)))
        if reply.status_code == 200:
            purchase.intent = reply.json()
        elif intent := reply.json()["error"].get("payment_intent"):
            purchase.intent = intent
        return bool(reply.status_code == 200)

    async def _insist(self, path: str, form: Form, key: str) -> tuple[httpx2.Response, int]:
        """Repeat as the SDKs do: lost connections and what the answer says may be repeated."""
        loop, tries, last = asyncio.get_running_loop(), 0, ""
        until = loop.time() + self._patience
        while loop.time() < until:
            tries += 1
            began = loop.time()
            try:
                reply = await self._send(path, form, key)
            except httpx2.TransportError as error:
                self.asked.append((began, loop.time(), False))
                self.answers[type(error).__name__] += 1
                last = repr(error)
            else:
                self.asked.append((began, loop.time(), reply.status_code < 500))
                if reply.status_code not in _AGAIN:
                    return reply, tries
                self.answers[f"{reply.status_code} again"] += 1
                last = reply.text
            await asyncio.sleep(self._chance.uniform(0.2, 0.8))
        raise GaveUp(f"{path} {key} after {tries} tries: {last}")

    async def _send(self, path: str, form: Form, key: str) -> httpx2.Response:
        """One try."""
        return await self._client.post(path, data=form, headers={"Idempotency-Key": key})

    async def every_intent(self) -> list[dict[str, Any]]:
        """All intents of this shop's orders, as the API lists them now."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"has_more": True}
        while page["has_more"]:
            after = {"starting_after": found[-1]["id"]} if found else {}
            reply = await self._client.get("/v1/payment_intents", params={"limit": "100", **after})
            reply.raise_for_status()
            page = reply.json()
            found += page["data"]
        return [one for one in found if str(one["metadata"].get("order", "")).startswith(f"{self._seed}-")]

    async def repeat(self, told: Told) -> httpx2.Response:
        """The same request once more."""
        return (await self._insist(told.path, told.form, told.key))[0]


class OfficialShop(Shop):
    """A shop that pays with the official library: its own repetitions first, and then the same key again."""

    def __init__(self, base: str, key: str, seed: int, **more: Any) -> None:
        super().__init__(base, key, seed, **more)
        self._sender = stripe.HTTPXClient(timeout=40)
        self._stripe = stripe.StripeClient(key, base_addresses={"api": base}, http_client=self._sender,
                                           max_network_retries=2)

    async def close(self) -> None:
        await self._sender.close_async()
        await super().close()

    async def _send(self, path: str, form: Form, key: str) -> httpx2.Response:
        try:
            reply = await self._stripe.raw_request_async("post", path, idempotency_key=key, **form)
        except stripe.APIConnectionError as error:
            raise httpx2.ConnectError(str(error)) from error
        except stripe.StripeError as error:
            return _response(error.http_status or 0, error.http_body or "", error.headers)
        return _response(reply.code, reply.body, reply.headers)


def _response(code: int, body: str, headers: Mapping[str, str]) -> httpx2.Response:
    """What the library read, with the bytes and the headers that came."""
    skipped = ("content-encoding", "transfer-encoding")
    return httpx2.Response(code, content=body.encode(),
                           headers={name: value for name, value in headers.items() if name.lower() not in skipped})


async def all_at_once(shop: Shop, orders: list[Purchase], in_flight: int, pause_seconds: float = 0.0) -> None:
    """Start one purchase every `pause_seconds`, at most `in_flight` at a time; returns when all have ended."""
    places = asyncio.Semaphore(in_flight)

    async def one(order: Purchase) -> None:
        async with places:
            await shop.buy(order)

    tasks = []
    for order in orders:
        tasks.append(asyncio.create_task(one(order)))
        if pause_seconds:
            await asyncio.sleep(pause_seconds)
    await asyncio.gather(*tasks)
