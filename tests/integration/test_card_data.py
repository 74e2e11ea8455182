"""Card data stays in the vault: marked numbers and codes go in by every door, and are then looked for everywhere."""

import base64
import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest
import redis
from psycopg import sql

from backend.card_numbers import luhn
from tests.conformance import clients
from tests.conformance.clients import Shopper
from tests.stack import Stack

SEED = int(os.environ.get("FARTHING_SEED", "0")) or random.SystemRandom().randrange(2**32)
# Approved by the sandbox's issuer; no other test uses these.
KNOWN = ("4000007840000001", "5200007840000022", "371449635398431", "6011000990139424", "6205500000000000004",
         "4000003920000003")
CHALLENGED = "4000582600000045"
CVC, CVC4 = "731", "7391"


def number(chance: random.Random, prefix: str = "4", length: int = 16) -> str:
    """A fresh card number with a good check digit."""
    body = prefix + "".join(chance.choice("0123456789") for _ in range(length - len(prefix) - 1))
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


@dataclass(frozen=True)
class Found:
    """A marker and where it lies."""

    marker: str
    form: str
    place: str


class Scanner:
    """Looks for card numbers in the forms that they may take, and for codes that stand beside the word.

    What could be a number is found by its shape first and compared then: 100 MB in a second or two.
    """

    def __init__(self, numbers: list[str], codes: tuple[str, ...]) -> None:
        self._numbers = {one.encode(): one for one in numbers}
        self._packed = {bytes.fromhex(one + "f" * (len(one) % 2)): one for one in numbers}
        self._base64 = {_base64(one.encode(), shift): one for one in numbers for shift in range(3)}
        words = "|".join(codes).encode()
        between = rb"(?:[^0-9a-z]|%[0-9a-f]{2}|[0-9](?=['\"\] =:])){1,12}"
        self._code = re.compile(rb"(?i)(?:cvc|cvv|csc|security.code)" + between + b"(" + words + rb")(?![0-9])")

    def scan(self, place: str, content: bytes) -> list[Found]:
        content = _ZEROS.sub(b"\0", content)
        found = {Found(self._numbers[one], "digits", place) for one in self._digits(content)}
        found |= {Found(one, "packed decimal", place) for packed, one in self._packed.items() if packed in content}
        for match in _BASE64.finditer(content):
            around = content[max(match.start() - 40, 0):match.end() + 40]
            found |= {Found(one, "base64", place) for text, one in self._base64.items() if text in around}
        return [*found, *(Found(match[1].decode(), "beside its name", place) for match in self._code.finditer(content))]

    def _digits(self, content: bytes) -> set[bytes]:
        """The numbers among the digits, plain, spaced or as hexadecimal."""
        seen = set()
        runs = [_SEPARATORS.sub(b"", match[0]) for match in _DIGITS.finditer(content)]
        runs += [bytes.fromhex(match[0].decode()) for match in _HEX.finditer(content)]
        for run in runs:
            for length in range(13, 20):
                for start in range(len(run) - length + 1):
                    if (part := run[start:start + length]) in self._numbers:
                        seen.add(part)
        return seen

    def everything(self, stack: Stack) -> tuple[list[Found], int, int]:
        """Finds in all files below the data folder and in all rows; how many files and rows were read."""
        found, files, rows = [], 0, 0
        with clients.superuser(stack) as link:
            link.execute("CHECKPOINT")
            for table, content in _tables(link):
                found += self.scan(table, content)
                rows += content.count(b"\n")
        for path in [*stack.places.data.rglob("*"), stack.output_file]:
            if path.is_file() and not path.is_symlink():
                found += self.scan(str(path.relative_to(stack.places.data.parent)), _read(path))
                files += 1
        return found, files, rows


_ZEROS = re.compile(rb"\0{16,}")
_SEPARATORS = re.compile(rb"%20|\xc2\xa0|[ +\-.\xa0]")
_DIGITS = re.compile(rb"[0-9](?:(?:%20|\xc2\xa0|[ +\-.\xa0]){0,2}[0-9]){12,}")
_HEX = re.compile(rb"(?:3[0-9]){13,}")
_BASE64 = re.compile(rb"(?:[MNO][A-Za-z0-9+/]{3}){3}")  # three times three digits


def _base64(text: bytes, shift: int) -> bytes:
    """The part of the base64 of `text` that does not depend on its neighbours, at one of three alignments."""
    encoded = base64.b64encode(b"\0" * shift + text)
    first = (shift * 8 + 5) // 6
    last = (shift + len(text)) * 8 // 6
    return encoded[first:last]


def _tables(link: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema of ours as text, past all policies."""
    names = link.execute("SELECT schemaname, tablename FROM pg_tables "
                         "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2").fetchall()
    for schema, table in names:
        whole = sql.SQL("COPY (TABLE {}.{}) TO STDOUT").format(*map(sql.Identifier, (schema, table)))
        with link.cursor().copy(whole) as rows:
            yield f"table {schema}.{table}", b"".join(map(bytes, rows))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # PostgreSQL's own temporary files come and go
        return b""


class Doors:
    """Sends marked numbers through every door; no answer may repeat one."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self.stack, self._chance = stack, chance
        self.numbers: list[str] = [*KNOWN, CHALLENGED]
        self._http = httpx2.Client(timeout=30, trust_env=False)
        self.vault = f"http://127.0.0.1:{stack.vault_port}"
        self.secret = {"Authorization": f"Bearer {stack.secret_key}"}
        self.public = {"Authorization": f"Bearer {stack.publishable_key}"}

    def close(self) -> None:
        self._http.close()

    def fresh(self) -> str:
        self.numbers.append(number(self._chance, *self._chance.choice(
            [("4", 16), ("51", 16), ("34", 15), ("6011", 16), ("62", 19), ("36", 14), ("3530", 16)])))
        return self.numbers[-1]

    def spaced(self) -> str:
        one, gap = self.fresh(), self._chance.choice((" ", "-"))
        return gap.join(one[place:place + 4] for place in range(0, len(one), 4))

    def send(self, method: str, url: str, status: int | tuple[int, ...], **parts: object) -> httpx2.Response:
        answer = self._http.request(method, url, **parts)
        expected = status if isinstance(status, tuple) else (status,)
        assert answer.status_code in expected, (method, url, answer.text[:300])
        said = re.sub(r"[ -]", "", answer.text + str(answer.headers))
        assert not [one for one in self.numbers if one in said], (method, url)
        return answer

    def api(self, path: str, status: int | tuple[int, ...], form: dict[str, str] | None = None,
            **headers: str) -> httpx2.Response:
        return self.send("GET" if form is None else "POST", self.stack.api_base + path, status, data=form,
                         headers=self.secret | headers)

    def tokenise(self, one: str, cvc: str = "", **more: str) -> httpx2.Response:
        cvc = cvc or (CVC4 if one.startswith("3") and len(re.sub(r"\D", "", one)) == 15 else CVC)
        card = {"type": "card", "card[number]": one, "card[exp_month]": "12", "card[exp_year]": "2040",
                "card[cvc]": cvc}
        return self.send("POST", f"{self.vault}/v1/payment_methods", (200, 400, 402), data=card | more,
                         headers=self.public)

    def token(self, one: str, status: int | tuple[int, ...] = 200, **more: str) -> httpx2.Response:
        card = {"card[number]": one, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": CVC}
        return self.send("POST", f"{self.vault}/v1/tokens", status, data=card | more, headers=self.public)

    def pay(self, method: str, **more: str) -> dict:
        form = {"amount": "1900", "currency": "usd", "payment_method": method, "confirm": "true"}
        return self.api("/v1/payment_intents", (200, 402), form | more).json()


def through_the_vault(doors: Doors) -> None:
    """Cards are kept, charged, captured; wrong entries are refused."""
    for place, one in enumerate(KNOWN):
        method = doors.tokenise(one).json()["id"]
        paid = doors.pay(method, **({"capture_method": "manual"} if place % 2 else {}))
        assert paid["status"] == ("requires_capture" if place % 2 else "succeeded"), paid
        if place % 2:
            assert doors.api(f"/v1/payment_intents/{paid['id']}/capture", 200, {}).json()["status"] == "succeeded"
    for _ in range(5):  # unknown to the issuer: refused
        kept = doors.tokenise(doors.spaced()).json()
        assert "id" in kept, kept
        assert doors.pay(kept["id"])["error"]["type"] == "card_error"
    spent = doors.token(KNOWN[0]).json()["id"]
    doors.api(f"/v1/tokens/{spent}", 200)
    doors.api("/v1/charges", 200, {"amount": "1900", "currency": "usd", "source": spent})
    doors.api("/v1/charges", 400, {"amount": "1900", "currency": "usd", "source": spent})
    for name in ("card[exp_month]", "card[name]", "card[address_zip]", "card[cvc]", doors.fresh()):
        doors.token(doors.fresh(), (400, 402), **{name: doors.spaced()})
    one = doors.fresh()
    doors.tokenise(one, "73")
    doors.tokenise(one, one)
    doors.tokenise(one, **{"card[exp_month]": doors.fresh()})
    doors.tokenise(one, **{"card[exp_year]": doors.fresh()})
    doors.send("POST", f"{doors.vault}/v1/payment_methods", 400, headers=doors.public,
               data={"type": "card", "card[token]": doors.fresh()})
    for name in ("billing_details[name]", "billing_details[email]", "billing_details[address][line1]", "metadata[note]",
                 f"metadata[{doors.fresh()}]", doors.fresh(), f"card[{doors.fresh()}]", "allow_redisplay", "type"):
        doors.tokenise(doors.fresh(), **{name: doors.spaced()})


def through_the_vaults_surroundings(doors: Doors) -> None:
    """Addresses, headers and broken bodies at the vault."""
    url = f"{doors.vault}/v1/payment_methods"
    body = f"type=card&card[number]={doors.fresh()}&card[cvc]={CVC}"
    doors.send("POST", f"{url}?number={doors.fresh()}&cvc={CVC}", (200, 400, 402), headers=doors.public, data={})
    doors.send("GET", f"{doors.vault}/{doors.fresh()}", 404)
    doors.send("GET", f"{url}/{doors.fresh()}?cvc={CVC}", 400)
    doors.send("POST", url, 401, content=body.encode(), headers={"Authorization": f"Bearer {doors.fresh()}"})
    doors.send("POST", url, 400, content=body.encode(), headers=doors.public | {"Content-Type": "text/plain"})
    doors.send("POST", url, 400, json={"card": {"number": doors.fresh(), "cvc": CVC}}, headers=doors.public)
    doors.send("POST", url, 413, content=(body + "&x=" + "y" * 100_000).encode(),
               headers=doors.public | {"Content-Type": "application/x-www-form-urlencoded"})
    for name in ("User-Agent", "Referer", "Cookie", "Idempotency-Key", "X-Request-Id", "Origin", "Accept"):
        doors.send("POST", url, (200, 400, 402), data={"type": "card", "card[number]": doors.fresh()},
                   headers=doors.public | {name: doors.spaced()})


def through_the_checkout(doors: Doors) -> None:
    """The hosted page's card endpoint, its JSON, and what a shopper writes into the wrong field."""
    form = {"mode": "payment", "success_url": "https://merchant.example/ok",
            "line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "1500",
            "line_items[0][price_data][product_data][name]": "Mug", "line_items[0][quantity]": "1"}
    session = doors.api("/v1/checkout/sessions", 200, form).json()["id"]
    pay = doors.stack.values["checkout_url"]
    host = {"Host": httpx2.URL(pay).netloc.decode()}
    here = f"http://127.0.0.1:{doors.stack.port}"
    page = doors.send("GET", f"{here}/c/{session}", 200, headers=host).text
    token = re.search(r'name="session_token"[^>]*value="([^"]+)"', page)
    assert token, page[:2000]
    card = {"session_token": token[1], "cardNumber": KNOWN[0], "cardExpiry": "12/40", "cardCvc": CVC,
            "billingName": "Jenny", "billingCountry": "US", "billingPostalCode": "12345", "email": "jenny@example.com"}
    url = f"{doors.vault}/checkout/card"
    for name in ("cardExpiry", "cardCvc", "billingName", "billingPostalCode", "email", "session_token", doors.fresh()):
        for accept in ("application/json", "text/html"):
            doors.send("POST", url, (303, 400, 402, 403), headers={"Accept": accept},
                       data=card | {"cardNumber": doors.fresh(), name: doors.spaced()})
    kept = doors.send("POST", url, 200, data=card, headers={"Accept": "application/json"}).json()
    method, own = kept["payment_method"]["id"], host | {"Origin": pay, "Sec-Fetch-Site": "same-origin"}
    for name in ("email", "name", "line1", "line2", "city", "state", "postal_code", "country", "payment_method"):
        said = {"payment_method": "pm_card_visa_chargeDeclined", "email": "j@example.com", name: doors.spaced()}
        doors.send("POST", f"{here}/c/{session}/pay", (400, 402), json=said, headers=own)
    doors.send("POST", f"{here}/c/{session}/pay", 400, content=f"card={doors.fresh()}&cvc={CVC}".encode(), headers=own)
    doors.send("GET", f"{here}/c/{doors.fresh()}", 404, headers=host)
    doors.send("GET", f"{here}/c/{session}/pay?payment_method={doors.fresh()}", (200, 303), headers=host)
    doors.send("POST", f"{here}/c/{session}/confirm", (303, 400, 403), headers=host,
               data={"token": doors.fresh(), "payment_method": doors.fresh()})
    paid = doors.send("POST", f"{here}/c/{session}/pay", 200, headers=own,
                      json={"payment_method": method, "email": "jenny@example.com"}).json()
    assert paid["status"] == "complete", paid
    doors.send("GET", f"{here}/c/{session}?note={doors.fresh()}", 200, headers=host)


def through_the_api(doors: Doors) -> None:
    """Where merchants paste numbers: every text, address, header and name of the API."""
    intent = {"amount": "1000", "currency": "usd"}
    for name in ("metadata[note]", f"metadata[{doors.fresh()}]", "description", "receipt_email", "shipping[name]",
                 "shipping[address][line1]", "statement_descriptor", "transfer_group", "customer", "payment_method",
                 "capture_method", "amount", "currency", "confirm", doors.fresh(), f"shipping[{doors.fresh()}]",
                 f"{doors.fresh()}[", "created", "payment_method_options[card][request_three_d_secure]"):
        for text in (doors.fresh(), doors.spaced()):
            doors.api("/v1/payment_intents", 400, intent | {name: text})
    for name in ("email", "name", "phone", "description", "address[line1]", "metadata[a]", "preferred_locales[0]"):
        doors.api("/v1/customers", 400, {name: doors.spaced()})
    card = {"card[number]": doors.fresh(), "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": CVC}
    doors.api("/v1/payment_methods", 400, {"type": "card"} | card)
    doors.api("/v1/payment_intents", 400, intent | {"payment_method_data[card][number]": doors.fresh(),
                                                    "payment_method_data[card][cvc]": CVC})
    doors.api("/v1/tokens", 400, card)
    doors.api("/v1/setup_intents", 400, {"payment_method_data[card][number]": doors.fresh(),
                                         "payment_method_data[type]": "card"})
    doors.api("/v1/charges", 400, {"amount": "1000", "currency": "usd", "source": doors.fresh()})
    for url in (f"https://example.com/{doors.fresh()}", f"https://example.com/?card={doors.fresh()}&cvc={CVC}",
                f"https://{doors.fresh()}.example.com/"):
        doors.api("/v1/webhook_endpoints", 400, {"url": url, "enabled_events[]": "*"})
    doors.api("/v1/webhook_endpoints", 400, {"url": "https://example.com/", "enabled_events[]": doors.fresh()})


def through_the_apis_surroundings(doors: Doors) -> None:
    """Addresses, queries, keys, headers and broken bodies of the API."""
    for path in ("/v1/{}", "/v1/customers/{}", "/v1/payment_intents/{}", "/v1/customers?email={}", "/v1/balance?x={}",
                 "/v1/payment_intents?starting_after={}", "/v1/events?type={}", "/v1/payment_intents?{}=1",
                 "/v1/payment_intents?created={}", "/docs/{}", "/portal/{}", "/{}", "/?card={}"):
        doors.api(path.format(doors.fresh()), (200, 303, 307, 400, 404))
        doors.api(path.format(doors.spaced()), (200, 303, 307, 400, 404))
    for name in ("Idempotency-Key", "User-Agent", "Referer", "Cookie", "Stripe-Version", "Stripe-Account",
                 "X-Forwarded-For", "X-Stripe-Client-User-Agent", "Content-Type"):
        doors.api("/v1/customers", (200, 400, 403), {"name": "Jenny"}, **{name: doors.spaced()})
    url = f"{doors.stack.api_base}/v1/customers"
    doors.send("GET", url, 401, headers={"Authorization": f"Bearer {doors.fresh()}"})
    doors.send("GET", url, 401, auth=(doors.fresh(), CVC))
    doors.send("POST", url, 400, json={"card": {"number": doors.fresh(), "cvc": CVC}}, headers=doors.secret)
    doors.send("POST", url, 400, content=b"name=%FF" + doors.fresh().encode(), headers=doors.secret)
    doors.send("POST", f"{doors.stack.api_base}/login", (303, 400, 401, 403, 422, 429),
               data={"email": "someone@example.com", "password": doors.fresh()})


def through_the_bank(doors: Doors) -> None:
    """A card that asks for its holder, and a holder who types the card number where the code belongs."""
    method = doors.tokenise(CHALLENGED).json()["id"]
    paid = doors.pay(method, return_url="https://merchant.example/back")
    url = paid["next_action"]["redirect_to_url"]["url"]
    with Shopper() as shopper:
        shopper.open(url)
        shopper.submit("creq")
        acs = httpx2.URL(re.search(r'action="(/acs/[^"]+)"', shopper.page)[1])
        bank = f"http://127.0.0.1:{doors.stack.sandbox_port}{acs}"
        doors.send("POST", bank, 303, data={"action": "submit", "code": doors.spaced()})
        doors.send("POST", bank, 303, data={"action": doors.fresh(), "choice": doors.fresh(), doors.fresh(): CVC})
        doors.send("GET", f"{bank}?code={doors.fresh()}", 200)
        shopper.submit("test-source-authorize-3ds", "test-source-authorize-3ds")
        shopper.submit("cres")
        assert shopper.open(url).status_code == 200
    assert doors.api(f"/v1/payment_intents/{paid['id']}", 200).json()["status"] == "succeeded"
    host = {"Host": httpx2.URL(url).netloc.decode()}
    here = f"http://127.0.0.1:{doors.stack.port}"
    doors.send("GET", f"{here}/3ds/{doors.fresh()}", 404, headers=host)
    doors.send("POST", f"{here}/3ds/{doors.fresh()}/complete", 404, headers=host, data={"cres": doors.fresh()})
    doors.send("POST", f"http://127.0.0.1:{doors.stack.sandbox_port}/acs/challenge", 404, data={"creq": doors.fresh()})


PATHS = (through_the_vault, through_the_vaults_surroundings, through_the_checkout, through_the_api,
         through_the_apis_surroundings, through_the_bank)


@pytest.fixture(scope="module")
def doors(stack):
    opened = Doors(stack, random.Random(SEED))
    yield opened
    opened.close()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_no_answer_repeats_a_card_number(doors, path):
    print(f"seed {SEED}")
    path(doors)


def test_the_vault_seals_a_number_anew_each_time(stack, doors):
    tokens = [doors.tokenise(KNOWN[0]).json()["id"] for _ in range(2)]
    with clients.superuser(stack) as link:
        columns = {row[0] for row in link.execute("SELECT column_name FROM information_schema.columns "
                                                  "WHERE table_schema = 'vault'").fetchall()}
        rows = link.execute("SELECT sealed, last4, fingerprint FROM vault.card WHERE token = ANY(%s)",
                            (tokens,)).fetchall()
    assert not {"number", "pan", "cvc", "cvv"} & columns
    (one, last4, print_), (other, _, same) = rows
    assert (one != other, print_ == same, last4) == (True, True, KNOWN[0][-4:])
    digits = KNOWN[0].encode()
    assert not any(digits[start:start + 4] in sealed for sealed in (one, other) for start in range(len(digits) - 3))


@contextmanager
def planted(stack: Stack, text: str) -> Iterator[str]:
    """`text` in a log, in a table and in Redis for a moment; yields the log's name."""
    log = stack.places.log("planted")
    store = redis.Redis.from_url(stack.redis_url)
    try:
        log.write_text(f"line\n{text}\n")
        store.set("planted", text)
        with clients.superuser(stack) as link:
            link.execute("CREATE SCHEMA planted")
            # more than once, for a page of the write-ahead log may end within one
            link.execute("CREATE TABLE planted.row AS SELECT n, %s::text AS note FROM generate_series(1, 3) n",
                         (text,))
        time.sleep(1.2)  # Redis syncs its file each second
        yield log.name
    finally:
        log.unlink()
        store.delete("planted")
        store.close()
        with clients.superuser(stack) as link:
            link.execute("DROP SCHEMA planted CASCADE")


def test_nothing_that_is_kept_holds_card_data_and_what_is_planted_is_found(stack, doors):
    """In one look: it sees what lies there, and of what the doors were told there is nothing.

    Planted are other numbers than the doors', for what is planted stays in the write-ahead log.
    """
    chance = random.Random(SEED + 1)
    hidden = [number(chance) for _ in range(8)]
    spellings = [hidden[0], " ".join(hidden[1][n:n + 4] for n in (0, 4, 8, 12)),
                 "-".join(hidden[2][n:n + 4] for n in (0, 4, 8, 12)), hidden[3].encode().hex(),
                 *(base64.b64encode(b"x" * n + hidden[4 + n].encode() + b"tail").decode() for n in range(3)),
                 '{"card": {"cvc": "8642"}}', "%20".join(hidden[7])]
    sown, scanner = {*hidden, "8642"}, Scanner([*doors.numbers, *hidden], (CVC, CVC4, "8642"))
    with planted(stack, "\n".join(spellings)) as log:
        found, files, rows = scanner.everything(stack)
    print(f"seed {SEED}: {len(doors.numbers)} card numbers looked for in {files} files and {rows} rows")
    for place in (f"data/logs/{log}", "table planted.row", "data/redis/", "data/postgres/pg_wal/",
                  "data/postgres/base/"):
        assert sown - {one.marker for one in found if one.place.startswith(place)} == set(), place
    kept = [one for one in found if one.marker not in sown]
    assert kept == [], "\n".join(map(str, kept))
    assert len(doors.numbers) > 150  # run alone, this test has little to look for: run the whole file
    assert files > 100
    assert rows > 200


@pytest.mark.parametrize("text", [
    "cvc=8642", '"cvc":"8642"', "card[cvc]=8642", "card%5Bcvc%5D=8642", "cardCvc=8642", "CVV: 8642", "cvc2='8642'"])
def test_the_scanner_sees_a_code_beside_its_name(text):
    assert Scanner([], ("8642",)).scan("here", f"… {text} …".encode())


@pytest.mark.parametrize("text", ["8642", "cvc=86421", "cvc_check=unchecked 8642", "amount=8642",
                                  '"cvc": null, "n": 8642'])
def test_the_scanner_leaves_other_digits_alone(text):
    assert not Scanner([], ("8642",)).scan("here", f"… {text} …".encode())
