"""Attacks that once worked, each against the running stack or the very part that gave way."""

import asyncio
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import psutil
import psycopg
import pytest
import uvicorn

from backend import ids, runtime
from backend.accounts import environments
from backend.combiner import Combiner
from backend.config import Settings
from backend.crypto import open_token
from backend.logs import redact
from backend.payments import intents
from backend.web.server import Bounded
from tests.budgets import processor_time
from tests.stack import Stack

PASTED = ("4242 4242 4242 4242 12/34 123", "4242424242424242 12/30", "4242\u00a04242\u00a04242\u00a04242",
          "4242  4242  4242  4242", "3782 822463 10005 01 29", "12 4242424242424242", "5555 5555 5555 4444 100")
Form = dict[str, str]


class Attacker:
    """Whoever has a merchant's secret key, only its publishable one, or just a page."""

    def __init__(self, stack: Stack) -> None:
        self.stack, values = stack, stack.values
        self.http = httpx2.Client(base_url=stack.api_base, timeout=40, trust_env=False)
        self.vault = f"http://127.0.0.1:{stack.vault_port}"
        self.page = {"Host": f"pay.localhost:{stack.port}", "Sec-Fetch-Site": "same-origin"}
        self._keys = {"secret": values["secret_key"], "publishable": values["publishable_key"]}

    def api(self, path: str, form: Form | None = None, *, key: str = "secret", idempotency: str = "",
            method: str = "") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._keys[key]}"}
        if idempotency:
            headers["Idempotency-Key"] = idempotency
        return self.http.request(method or ("GET" if form is None else "POST"), path, data=form or None,
                                 headers=headers)

    def intent(self, **form: str) -> dict[str, Any]:
        made: dict[str, Any] = self.api("/v1/payment_intents", {"amount": "2000", "currency": "usd"} | form).json()
        return made

    def confirm(self, intent: dict[str, Any], card: str, more: Form | None = None, *, idempotency: str = "",
                ) -> httpx2.Response:
        """As the shopper's browser does it."""
        form = {"client_secret": intent["client_secret"], "payment_method": card}
        return self.api(f"/v1/payment_intents/{intent['id']}/confirm", form | (more or {}), key="publishable",
                        idempotency=idempotency)

    def session(self, **more: str) -> dict[str, Any]:
        item = "line_items[0][price_data]"
        made: dict[str, Any] = self.api("/v1/checkout/sessions", {
            "mode": "payment", "success_url": "http://localhost/done", "line_items[0][quantity]": "1",
            f"{item}[currency]": "usd", f"{item}[unit_amount]": "2000", f"{item}[product_data][name]": "Notebook",
        } | more).json()
        return made

    def pay(self, session: dict[str, Any], card: str, **more: object) -> httpx2.Response:
        return self.http.post(f"/c/{session['id']}/pay", headers=self.page,
                              json={"payment_method": card, "email": "jenny@example.com"} | more)

    def begun(self, **more: str) -> tuple[dict[str, Any], str]:
        """A session whose first card was declined, and its payment."""
        session = self.session(**more)
        assert self.pay(session, "pm_card_visa_chargeDeclined").status_code == 402
        return session, self.read(f"/v1/checkout/sessions/{session['id']}")["payment_intent"]

    def read(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api(path).json()
        return found


@pytest.fixture(scope="module")
def attacker(stack: Stack) -> Iterator[Attacker]:
    one = Attacker(stack)
    yield one
    one.http.close()


# ---- card numbers (A12)


@pytest.mark.parametrize("text", PASTED)
def test_a_number_pasted_with_what_stands_beside_it_is_refused(attacker: Attacker, text: str) -> None:
    card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040"}
    kept = attacker.http.post(f"{attacker.vault}/v1/payment_methods", data=card | {"metadata[note]": text},
                              headers={"Authorization": f"Bearer {attacker.stack.publishable_key}"})
    for reply in (attacker.api("/v1/customers", {"metadata[note]": text}), kept):
        assert reply.status_code == 400, reply.text
        assert not any(part in reply.text for part in ("4242", "822463", "5555"))


# ---- one request against everybody (A24)


@pytest.mark.parametrize("text", ["1-" * 200_000, "4" * 400_000, "4242 " * 80_000, "1  " * 130_000])
def test_a_long_row_of_digits_costs_the_log_next_to_nothing(text: str) -> None:
    with processor_time(20):  # what grows with the square of the length takes many minutes
        hidden = redact(text)
    assert (hidden != text) == ("4242" in text), "what is no card is left, however long"


def test_a_stranger_cannot_stop_the_clock_with_an_address(attacker: Attacker) -> None:
    assert attacker.http.get("/v1/charges/" + "1-" * 20_000).status_code in (401, 414)


@pytest.mark.parametrize("token", ["1:cs.²²." + "a" * 43, "1:cs." + "9" * 5000 + ".a", "..", "1:cs.-1.a"])
def test_an_odd_token_is_just_not_ours(token: str) -> None:
    assert open_token(b"k" * 32, token) is None


def test_odd_forms_are_the_senders_fault(attacker: Attacker) -> None:
    session, typed = attacker.session(), {"Content-Type": "application/x-www-form-urlencoded"}
    assert attacker.http.post("/login", data={"email": "a" * 70_000}).status_code == 413
    assert attacker.http.post("/login", content=b"email=%00&password=x", headers=typed).status_code == 422
    assert attacker.pay(session, "pm_card_visa", name="a\0b").status_code == 400
    assert attacker.pay(session, "pm\0").status_code == 400
    for content in (b"token=\xff", b"token=1:a.%C2%B2.b"):
        assert attacker.http.post(f"/c/{session['id']}/confirm", content=content,
                                  headers=attacker.page | typed).status_code in (400, 403)


# ---- what a shopper may say (A3, A15)


@pytest.mark.parametrize("name", ["metadata[a]", "description", "off_session", "capture_method", "amount", "currency",
                                  "payment_method_options[card][request_three_d_secure]", "payment_method_types[]",
                                  "customer", "statement_descriptor"])
def test_a_shopper_cannot_say_what_is_the_merchants_to_say(attacker: Attacker, name: str) -> None:
    intent = attacker.intent()
    reply = attacker.confirm(intent, "pm_card_visa", {name: "automatic"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "parameter_unknown")
    assert attacker.read(f"/v1/payment_intents/{intent['id']}")["status"] == "requires_payment_method"


def test_a_shopper_cannot_take_back_that_the_card_is_kept(attacker: Attacker) -> None:
    intent = attacker.intent(setup_future_usage="off_session")
    reply = attacker.confirm(intent, "pm_card_visa", {"setup_future_usage": "on_session"})
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "setup_future_usage")
    assert attacker.confirm(intent, "pm_card_visa").json()["setup_future_usage"] == "off_session"


def test_what_was_said_when_confirming_outlives_the_challenge(attacker: Attacker) -> None:
    intent = attacker.intent()
    said = {"receipt_email": "jenny@example.com", "setup_future_usage": "off_session", "shipping[name]": "Jenny",
            "shipping[address][line1]": "1 Test Street"}
    told = attacker.confirm(intent, "pm_card_threeDSecure2Required", said).json()
    assert told["status"] == "requires_action"
    kept = attacker.read(f"/v1/payment_intents/{intent['id']}")
    for name in ("receipt_email", "setup_future_usage", "shipping"):
        assert kept[name] == told[name]
        assert kept[name]


def test_a_challenge_is_an_error_where_the_caller_cannot_show_one(attacker: Attacker) -> None:
    intent = attacker.intent()
    reply = attacker.api(f"/v1/payment_intents/{intent['id']}/confirm", {
        "payment_method": "pm_card_threeDSecure2Required", "error_on_requires_action": "true"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (402, "authentication_required")
    assert attacker.read(f"/v1/payment_intents/{intent['id']}")["status"] == "requires_payment_method"


# ---- idempotency keys (A5)


def test_a_shopper_cannot_use_up_the_merchants_keys(attacker: Attacker) -> None:
    key, intent, other = f"order-{uuid.uuid4()}", attacker.intent(), attacker.intent()
    first = attacker.confirm(intent, "pm_card_visa_chargeDeclined", idempotency=key)
    again = attacker.confirm(intent, "pm_card_visa_chargeDeclined", idempotency=key)
    assert (first.status_code, first.headers["idempotency-key"]) == (402, key)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    mixed = attacker.confirm(intent, "pm_card_visa", idempotency=key)
    assert mixed.json()["error"]["type"] == "idempotency_error"
    assert key in mixed.json()["error"]["message"]
    assert attacker.confirm(other, "pm_card_visa", idempotency=key).json()["status"] == "succeeded"
    reply = attacker.api("/v1/payment_intents", {"amount": "700", "currency": "usd"}, idempotency=key)
    assert (reply.status_code, reply.json()["amount"]) == (200, 700)


def test_expiring_a_session_again_with_its_key_says_the_same(attacker: Attacker) -> None:
    session, key = attacker.session(), str(uuid.uuid4())
    path = f"/v1/checkout/sessions/{session['id']}/expire"
    first, again = (attacker.api(path, {}, idempotency=key, method="POST") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


def test_nothing_is_done_under_a_key_that_belongs_to_another_request(attacker: Attacker) -> None:
    session, payment = attacker.begun()
    key = str(uuid.uuid4())
    attacker.api("/v1/customers", {"name": "Jenny"}, idempotency=key)
    reply = attacker.api(f"/v1/checkout/sessions/{session['id']}/expire", {}, idempotency=key, method="POST")
    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "idempotency_error")
    assert attacker.read(f"/v1/payment_intents/{payment}")["status"] == "requires_payment_method"


# ---- checkout sessions


@pytest.mark.parametrize("change", [{"amount": "99999"}, {"currency": "eur"}, {"capture_method": "manual"}])
def test_what_the_page_has_shown_is_what_is_charged(attacker: Attacker, change: Form) -> None:
    session, payment = attacker.begun()
    reply = attacker.api(f"/v1/payment_intents/{payment}", change)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, next(iter(change)))
    assert attacker.api(f"/v1/payment_intents/{payment}", {"metadata[a]": "b"}).status_code == 200
    assert attacker.pay(session, "pm_card_visa").json()["status"] == "complete"
    assert attacker.read(f"/v1/payment_intents/{payment}")["amount_received"] == session["amount_total"]


async def test_a_session_that_ends_does_not_give_up_money_that_is_held(stack: Stack, attacker: Attacker) -> None:
    """The web process died between the authorisation and the session's own commit, and then the session is ended."""
    session, payment = attacker.begun(**{"payment_intent_data[capture_method]": "manual"})
    settings = Settings(FARTHING_DATA=stack.places.data, APP_DATABASE_URL=stack.urls.app, PORT=stack.port,
                        VAULT_PORT=stack.vault_port, VAULT_LINK_PORT=stack.vault_link_port,
                        SANDBOX_PORT=stack.sandbox_port)
    env = ids.environment(session["id"])
    assert env
    stack.send("worker", signal.SIGSTOP)  # it would bring the session up to date
    try:
        async with runtime.opened(settings, "tests") as parts:
            ctx = await environments.context(parts, env, actor="tests")
            held = await intents.confirm(ctx, payment, {"payment_method": "pm_card_visa"}, by_session=True)
        assert held["status"] == "requires_capture"
        path = f"/v1/checkout/sessions/{session['id']}"
        reply = await asyncio.to_thread(attacker.api, f"{path}/expire", {}, method="POST")
    finally:
        stack.send("worker", signal.SIGCONT)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "status_transition_invalid")
    assert attacker.read(f"/v1/payment_intents/{payment}")["status"] == "requires_capture"
    assert attacker.read(path)["status"] == "complete"


# ---- inside


async def test_nobody_waits_for_a_lane_that_was_stopped() -> None:
    async def send(env: int, doc: dict[str, list[Any]]) -> None:
        if len(doc["claims"]) > 1:
            raise ValueError("refused whole")
        await asyncio.sleep(3600)

    combiner = Combiner(send, lambda error: isinstance(error, ValueError))
    waiting = [asyncio.create_task(combiner.write(1, {"claims": [number]})) for number in range(70)]
    await asyncio.sleep(0.05)
    for lane in list(combiner._running.values()):
        lane.cancel()
    done, stuck = await asyncio.wait(waiting, timeout=30)
    assert (len(done), len(stuck)) == (70, 0)
    assert all(task.cancelled() for task in done)


def test_the_public_may_call_no_function_of_ours(stack: Stack) -> None:
    with psycopg.connect(stack.urls.owner) as link:
        assert link.execute("""
            SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname IN ('core', 'pay', 'vault')
               AND has_function_privilege('public', p.oid, 'EXECUTE')""").fetchall() == []


# ---- the server itself (A24)


def _tail(port: int, head: bytes, megabytes: int) -> bytes:
    """What a server says to a head that does not end."""
    with socket.create_connection(("127.0.0.1", port), 10) as line, suppress(ConnectionError):
        line.sendall(head)
        for _ in range(megabytes):
            line.sendall(b"a" * 1_000_000)
        return line.recv(4096)
    return b"reset"


@pytest.mark.parametrize("head", [b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", b"GET /"])
@pytest.mark.parametrize("name", ["web", "vault"])
def test_a_head_without_end_fills_no_memory(stack: Stack, name: str, head: bytes) -> None:
    process = psutil.Process(stack.pid(name))
    port = stack.port if name == "web" else stack.vault_port
    before = process.memory_info().rss
    for _ in range(3):
        assert _tail(port, head, 40)[:12] in (b"HTTP/1.1 431", b"reset")
    assert process.memory_info().rss - before < 30_000_000
    assert httpx2.get(f"http://127.0.0.1:{port}/healthz", headers={"X": "a" * 60_000}).status_code == 200


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
                                  b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n"])
async def test_a_request_that_does_not_end_is_ended(sent: bytes) -> None:
    class Hasty(Bounded):
        seconds = 0.4

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Hasty, ws="none", lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*door.getsockname())
        writer.write(sent)
        said = await asyncio.wait_for(reader.read(), 30)
        assert b"HTTP/1.1 408" in said
        writer.close()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{door.getsockname()[1]}") as client:
            assert [(await client.post("/", content=b"x" * 100_000)).text for _ in range(3)] == ["ok"] * 3
    finally:
        server.should_exit = True
        await serving


# ---- whose word counts, whose keys are seen


def test_a_shopper_cannot_send_the_goods_elsewhere(attacker: Attacker) -> None:
    theirs = {"shipping[name]": "Thief", "shipping[address][line1]": "2 Other Road"}
    merchants = attacker.intent(**{"shipping[name]": "Jenny", "shipping[address][line1]": "1 Test Street"})
    refused = attacker.confirm(merchants, "pm_card_visa", theirs)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "shipping")
    assert attacker.api(f"/v1/payment_intents/{merchants['id']}").json()["shipping"]["name"] == "Jenny"
    own = attacker.intent()
    assert attacker.confirm(own, "pm_card_visa_chargeDeclined", {"shipping[name]": "Jenny"}).status_code == 402
    assert attacker.confirm(own, "pm_card_visa", theirs).status_code == 200


def test_an_unknown_cursor_is_told_and_never_whose_it_is(attacker: Attacker) -> None:
    for name in ("starting_after", "ending_before"):
        for path, noun in (("payment_intents", "payment_intent"), ("customers", "customer"), ("charges", "charge"),
                           ("refunds", "refund"), ("events", "event")):
            answer = attacker.api(f"/v1/{path}?{name}=x_1")
            said = answer.json()["error"]
            assert (answer.status_code, said["code"], said["param"]) == (400, "resource_missing", name)
            assert said["message"] == f"No such {noun}: 'x_1'"
    last = attacker.api("/v1/payment_intents?limit=100").json()["data"][-1]["id"]
    assert attacker.api(f"/v1/payment_intents?starting_after={last}").status_code == 200


def test_one_environments_keys_are_nobody_elses_to_read_or_make(stack: Stack) -> None:
    with psycopg.connect(stack.urls.app, autocommit=True) as link:
        with pytest.raises(psycopg.Error):
            link.execute("SELECT count(*) FROM core.api_key").fetchone()
        link.execute("SELECT set_config('app.env', '999999', false)")
        assert link.execute("SELECT count(*) FROM core.api_key").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute("INSERT INTO core.api_key (id, env, kind, hash, prefix, last4) "
                         "VALUES ('mk_x', 1, 'secret', sha256('x'), '', '')")
        assert link.execute("SELECT count(*) FROM core.api_key_find(sha256(%s::bytea))",
                            (stack.secret_key.encode(),)).fetchone() == (1,)
