"""Card testers and honest shoppers: browsers of one address each, at every surface that takes a card.

A tester has many stolen numbers and learns from each answer 402 what the issuer thinks of one; `tested` counts them.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from stdnum import luhn

from tests.browser.shop import Shop
from tests.conformance.clients import Account
from tests.stack import Stack

GOOD = "4242424242424242"
Answer = httpx2.Response


def numbers(seed: int, bank: str = "400012") -> Iterator[str]:
    """Numbers of cards that the sandbox declines, without end."""
    chance = random.Random(seed)
    while True:
        body = bank + "".join(chance.choices("0123456789", k=9))
        yield next(body + last for last in "0123456789" if luhn.is_valid(body + last))


@dataclass
class Browser:
    """Somebody at one address who holds a merchant's publishable key."""

    stack: Stack
    account: Account
    address: str
    told: list[Answer] = field(default_factory=list)

    async def __aenter__(self) -> "Browser":
        self.http = httpx2.AsyncClient(trust_env=False, timeout=40, transport=httpx2.AsyncHTTPTransport(
            local_address=self.address, limits=httpx2.Limits(max_connections=80)))
        self.shop = Shop(self.stack, self.account.secret_key, self.http)
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.http.aclose()

    @property
    def tested(self) -> int:
        """Of how many cards it has learned what their issuer says."""
        return sum(answer.status_code == 402 for answer in self.told)

    async def post(self, path: str, **data: str) -> Answer:
        """With the publishable key, and the answer is remembered."""
        answer = await self.http.post(f"{self.stack.api_base}{path}", data=data,
                                      auth=(self.account.publishable_key, ""))
        self.told.append(answer)
        return answer

    async def get(self, path: str, **params: str) -> Answer:
        """As `post`."""
        answer = await self.http.get(f"{self.stack.api_base}{path}", params=params,
                                     auth=(self.account.publishable_key, ""))
        self.told.append(answer)
        return answer

    async def vault(self, path: str, **data: str) -> Answer:
        """As `post`, at the vault."""
        return await self.http.post(f"http://127.0.0.1:{self.stack.vault_port}{path}", data=data,
                                    auth=(self.account.publishable_key, ""))

    async def seen(self, path: str) -> dict[str, Any]:
        """What the merchant's server reads."""
        answer = await self.http.get(f"{self.stack.api_base}{path}", auth=(self.account.secret_key, ""))
        found: dict[str, Any] = answer.json()
        return found

    async def card(self, number: str) -> str:
        """The id of a payment method, as the merchant's page has it made."""
        answer = await self.vault("/v1/payment_methods", type="card", **{
            "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def made(self, path: str, **data: str) -> dict[str, Any]:
        """What the merchant's server makes for it."""
        answer = await self.http.post(f"{self.stack.api_base}{path}", data=data, auth=(self.account.secret_key, ""))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def intent(self) -> dict[str, Any]:
        return await self.made("/v1/payment_intents", amount="1000", currency="usd")

    async def confirm(self, intent: dict[str, Any], number: str) -> Answer:
        return await self.post(f"/v1/{intent['object']}s/{intent['id']}/confirm",
                               payment_method=await self.card(number), client_secret=intent["client_secret"])

    async def confirm_by_token(self, intent: dict[str, Any], number: str) -> Answer:
        token = await self.http.post(f"{self.stack.api_base}/v1/confirmation_tokens", data={
            "payment_method": await self.card(number)}, auth=(self.account.publishable_key, ""))
        return await self.post(f"/v1/{intent['object']}s/{intent['id']}/confirm",
                               confirmation_token=token.json()["id"], client_secret=intent["client_secret"])

    async def link(self) -> str:
        """The path of a new payment link."""
        made = await self.made("/v1/payment_links", **{
            "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "2000",
            "line_items[0][price_data][product_data][name]": "Field notebook"})
        return "/l/" + str(made["url"]).rpartition("/")[2]

    async def visit(self, link: str) -> str | None:
        """The session that a visit to a link begins; None when the link is closed."""
        answer = await self.shop.page(link)
        return answer.headers["location"].rpartition("/")[2] if answer.status_code == 303 else None

    async def pay(self, session: str, number: str) -> Answer | None:
        """Pay on the hosted page; None when it shows no form."""
        if (await self.shop.page(f"/c/{session}")).status_code != 200:
            return None
        answer = await self.shop.pay(session, await self.shop.token(session, number))
        self.told.append(answer)
        return answer


@asynccontextmanager
async def browsers(stack: Stack, account: Account, *addresses: str) -> AsyncIterator[list[Browser]]:
    """One browser at each address."""
    made = [Browser(stack, account, address) for address in addresses]
    for one in made:
        await one.__aenter__()
    try:
        yield made
    finally:
        for one in made:
            await one.__aexit__()


Attack = Callable[[list[Browser], Iterator[str], int], Awaitable[None]]


async def one_session(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """Every card in the same checkout session."""
    session = (await them[0].shop.session())["id"]
    for turn in range(tries):
        await them[turn % len(them)].pay(session, next(cards))


async def one_link(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """A fresh session of the same payment link for every card."""
    link = await them[0].link()
    for turn in range(tries):
        one = them[turn % len(them)]
        if session := await one.visit(link):
            await one.pay(session, next(cards))


async def one_intent(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """Every card with the same intent and its client secret."""
    intent = await them[0].intent()
    for turn in range(tries):
        await them[turn % len(them)].confirm(intent, next(cards))


async def many_intents(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """An intent of its own for every card, as a merchant's page gives them to whoever asks."""
    for turn in range(tries):
        one = them[turn % len(them)]
        await one.confirm(await one.intent(), next(cards))


async def confirmation_tokens(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """As before, the card behind a confirmation token."""
    for turn in range(tries):
        one = them[turn % len(them)]
        await one.confirm_by_token(await one.intent(), next(cards))


async def one_setup(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """Every card with the same setup intent: nothing is charged, the issuer is asked all the same."""
    setup = await them[0].made("/v1/setup_intents")
    for turn in range(tries):
        await them[turn % len(them)].confirm(setup, next(cards))


async def many_setups(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """A setup intent of its own for every card."""
    for turn in range(tries):
        one = them[turn % len(them)]
        await one.confirm(await one.made("/v1/setup_intents"), next(cards))


async def all_in_turn(them: list[Browser], cards: Iterator[str], tries: int) -> None:
    """Another surface for every card."""
    link = await them[0].link()
    for turn in range(tries):
        one, way = them[turn % len(them)], turn % 4
        if way == 0:
            await one.confirm(await one.intent(), next(cards))
        elif way == 1:
            await one.confirm(await one.made("/v1/setup_intents"), next(cards))
        elif way == 2:
            await one.pay((await one.shop.session())["id"], next(cards))
        elif session := await one.visit(link):
            await one.pay(session, next(cards))


ATTACKS: tuple[Attack, ...] = (one_session, one_link, one_intent, many_intents, confirmation_tokens, one_setup,
                               many_setups, all_in_turn)
