"""One key, many requests (E4): 64 at once, after a restart, another body, another environment, after reaping."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2
import psycopg

from backend.stack.postgres import SUPERUSER, Postgres
from backend.stack.roles import DATABASE
from tests import books
from tests.conformance.clients import another_account
from tests.fault.verdicts import Figures, verdict
from tests.stack import PatientStack, Stack, running

TITLE = "One idempotency key, many requests"
RACERS = 64
REAPED_SECONDS = 90.0
Form = dict[str, str]


async def run(seed: int, quick: bool) -> Figures:
    """Every key is raced for once; then the server is killed and all of it is asked again."""
    rounds, began = 3 if quick else 20, time.monotonic()
    with running(PatientStack) as stack:
        return await _Race(stack, seed).run(rounds, began)


@dataclass
class _Race:
    stack: Stack
    seed: int
    count: Counter[str] = field(default_factory=Counter)
    why: list[str] = field(default_factory=list)

    async def run(self, rounds: int, began: float) -> Figures:
        limits = httpx2.Limits(max_connections=RACERS)
        async with httpx2.AsyncClient(base_url=self.stack.api_base, timeout=40, trust_env=False,
                                      limits=limits) as self.http:
            first = [await self._raced(number) for number in range(rounds)]
            self.stack.kill_and_wait("web", 60)
            for number, (intent, body) in enumerate(first):
                self._same("after_restart", body, await self._confirm(intent, number))
                await self._misused(intent, number)
            for number in range(rounds):
                await self._elsewhere(number)
            await self._reaped(first)
        self._charged_once([intent for intent, _ in first])
        broken = await books.violations(self.stack)
        names = ("extra_executions", "answers_that_differ", "misuse_accepted", "environments_mixed",
                 "charged_after_reaping", "extra_charges", "extra_postings", "extra_events")
        figures = {"racers": RACERS, "requests": rounds * (RACERS + 3), **{name: self.count[name] for name in names},
                   "invariants_violated": len(broken)}
        return verdict(self.seed, rounds, began, figures, why=self.why + broken,
                       at_most=dict.fromkeys((*names, "invariants_violated"), 0))

    async def _post(self, path: str, form: Form, key: str, secret: str = "") -> httpx2.Response:
        return await self.http.post(path, data=form, headers={"Idempotency-Key": key},
                                    auth=(secret or self.stack.secret_key, ""))

    async def _confirm(self, intent: str, number: int, **form: str) -> httpx2.Response:
        return await self._post(f"/v1/payment_intents/{intent}/confirm", {"payment_method": "pm_card_visa", **form},
                                f"{self.seed}-{number}")

    async def _raced(self, number: int) -> tuple[str, bytes]:
        """64 requests with one key at one moment; the intent and the answer."""
        made = await self._post("/v1/payment_intents", {"amount": str(1000 + number), "currency": "usd"},
                                f"{self.seed}-{number}-made")
        intent = str(made.json()["id"])
        replies = await asyncio.gather(*(self._confirm(intent, number) for _ in range(RACERS)))
        fresh = sum("idempotent-replayed" not in reply.headers for reply in replies)
        self.count["extra_executions"] += abs(fresh - 1)
        for reply in replies:
            self._same("in_the_race", replies[0].content, reply)
        return intent, replies[0].content

    def _same(self, when: str, body: bytes, reply: httpx2.Response) -> None:
        if (reply.status_code, reply.content) != (200, body):
            self.count["answers_that_differ"] += 1
            self.why.append(f"{when}: {reply.status_code} {reply.text[:300]}")

    async def _misused(self, intent: str, number: int) -> None:
        """The same key with another body is a mistake of the caller, and is told so."""
        reply = await self._confirm(intent, number, return_url="https://shop.example/other")
        if (reply.status_code, reply.json().get("error", {}).get("type")) != (400, "idempotency_error"):
            self.count["misuse_accepted"] += 1
            self.why.append(f"other body: {reply.status_code} {reply.text[:300]}")

    async def _elsewhere(self, number: int) -> None:
        """The same key in another merchant's environment is another key."""
        if number == 0:
            self.other = another_account(self.stack).secret_key
        form = {"amount": "700", "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
        replies = [await self._post("/v1/payment_intents", form, f"{self.seed}-{number}-both", secret)
                   for secret in (self.stack.secret_key, self.other)]
        ids = {reply.json().get("id") for reply in replies}
        if len(ids) != 2 or any("idempotent-replayed" in reply.headers for reply in replies):
            self.count["environments_mixed"] += 1
            self.why.append(f"two environments: {[reply.text[:200] for reply in replies]}")

    async def _reaped(self, first: list[tuple[str, bytes]]) -> None:
        """72 hours later the key is forgotten; the intent still knows that it was paid."""
        server = Postgres(self.stack.places)
        url = server.url(SUPERUSER, self.stack.places.password(SUPERUSER), DATABASE)
        with psycopg.connect(url, autocommit=True) as link:
            link.execute("UPDATE pay.idempotency SET created_at = created_at - interval '73 hours'")
            self.stack.kill_and_wait("worker", 60)  # a new one looks for forgotten keys at once, not within a minute
            until = time.monotonic() + REAPED_SECONDS
            while link.execute("SELECT 1 FROM pay.idempotency LIMIT 1").fetchone():
                assert time.monotonic() < until, "the worker forgets no keys"
                await asyncio.sleep(0.5)
        for number, (intent, _) in enumerate(first):
            reply = await self._confirm(intent, number)
            if reply.json().get("error", {}).get("code") != "payment_intent_unexpected_state":
                self.count["charged_after_reaping"] += 1
                self.why.append(f"reaped: {reply.status_code} {reply.text[:300]}")

    def _charged_once(self, intents: list[str]) -> None:
        """One charge at the acquirer, one posting of the capture and one event for each intent."""
        sales = Counter(row["network_key"] for row in books.journal(self.stack)
                        if row["kind"] in ("sale", "authorize") and row["status"] == "approved")
        with psycopg.connect(self.stack.urls.auditor) as link:
            for intent in intents:
                keys = [key for (key,) in link.execute(
                    "SELECT network_key FROM pay.attempt WHERE payment_id = %s", (intent,))]
                self.count["extra_charges"] += abs(sum(sales[key] for key in keys) - 1)
                for name, query in (
                        ("extra_postings", "SELECT count(*) FROM pay.transfer t WHERE t.code = 'capture' "
                                           "AND t.ref_id = %s"),
                        ("extra_events", "SELECT count(*) FROM pay.event WHERE type = 'payment_intent.succeeded' "
                                         "AND object_id = %s")):
                    row = link.execute(query, (intent,)).fetchone()
                    assert row
                    self.count[name] += abs(row[0] - 1)
