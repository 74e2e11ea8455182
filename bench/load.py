"""A small HTTP/1.1 load generator: keep-alive connections, closed loop or fixed rate, latencies in milliseconds."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

Form = dict[str, str]
Request = Callable[[int], tuple[str, Form, str]]
"""Number of the request -> path, form, idempotency key."""


@dataclass(slots=True)
class Result:
    """What a load saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes_out: int = 0
    bytes_in: int = 0
    late: int = 0

    def summary(self) -> dict[str, float | int | dict[str, int]]:
        ordered = sorted(self.latencies)
        at = {name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2)
              for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))} if ordered else {}
        count = len(ordered)
        return {"requests": count, "seconds": round(self.seconds, 2),
                "per_second": round(count / self.seconds, 1), **at,
                "statuses": {str(code): n for code, n in sorted(self.statuses.items())},
                "http_bytes_sent_each": self.bytes_out // max(count, 1),
                "http_bytes_received_each": self.bytes_in // max(count, 1)}


class Client(asyncio.Protocol):
    """One keep-alive connection, opened when it is first needed and again when the server has ended it."""

    def __init__(self, host: str, port: int, key: str) -> None:
        self._address = (host, port)
        self._head = (f"Host: {host}\r\nAuthorization: Bearer {key}\r\n"
                      "Content-Type: application/x-www-form-urlencoded\r\nIdempotency-Key: ")
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._received = b""
        self._length = 0  # of the whole answer; 0 before its head is here

    async def post(self, path: str, form: Form, idempotency_key: str) -> tuple[int, bytes, int]:
        """Send one form; returns status, the whole answer and how many bytes went out."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            self._transport, _ = await loop.create_connection(lambda: self, *self._address)
        body = urlencode(form)
        sent = (f"POST {path} HTTP/1.1\r\n{self._head}{idempotency_key}\r\nContent-Length: {len(body)}\r\n\r\n"
                f"{body}").encode()
        self._answer, self._received, self._length = loop.create_future(), b"", 0
        self._transport.write(sent)
        answer = await self._answer
        return int(answer[9:12]), answer, len(sent)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length and (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower() + b"\r\n"
            self._length = end + 4 + int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if self._length and len(self._received) >= self._length and self._answer:
            self._answer.set_result(self._received)
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer:
            self._answer.set_exception(exc or ConnectionResetError("the server hung up before it answered"))

    def close(self) -> None:
        if self._transport:
            self._transport.close()


async def closed(host: str, port: int, key: str, request: Request, *, clients: int, seconds: float) -> Result:
    """Each client sends its next request when the last is answered."""
    result, until = Result(), time.perf_counter() + seconds
    numbers = iter(range(1 << 60))

    async def drive() -> None:
        client = Client(host, port, key)
        while time.perf_counter() < until:
            await _one(client, request, next(numbers), result)
        client.close()

    began = time.perf_counter()
    await asyncio.gather(*(drive() for _ in range(clients)))
    result.seconds = time.perf_counter() - began
    return result


async def at_rate(host: str, port: int, key: str, request: Request, *, per_second: float, seconds: float,
                  clients: int = 256) -> Result:
    """Requests start on a fixed timetable whatever the answers do; latency counts from the time they were due."""
    result, free = Result(), [Client(host, port, key) for _ in range(clients)]
    began, tasks = time.perf_counter(), set()
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if not free:
            result.late += 1
            continue

        async def send(client: Client, number: int, due: float) -> None:
            await _one(client, request, number, result, due)
            free.append(client)

        task = asyncio.create_task(send(free.pop(), number, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    result.seconds = time.perf_counter() - began
    for client in free:
        client.close()
    return result


async def _one(client: Client, request: Request, number: int, result: Result, due: float | None = None) -> None:
    path, form, key = request(number)
    began = due or time.perf_counter()
    status, answer, sent = await client.post(path, form, key)
    result.latencies.append((time.perf_counter() - began) * 1000)
    result.statuses[status] = result.statuses.get(status, 0) + 1
    result.bytes_out += sent
    result.bytes_in += len(answer)
