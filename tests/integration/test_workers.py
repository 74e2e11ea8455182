"""The workers: bells through a real Redis, the sweeper without it, bulkheads, and stopping (E16, E17, E19, A21)."""

import asyncio
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis as Client
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from backend.jobs import JOBS, QUEUE, WAITING_MAX, Doorbell, Ear
from backend.stack.places import Places
from backend.stack.redis import Redis
from backend.stack.start import bring_up
from backend.webhooks import deliveries, endpoints
from backend.webhooks.egress import Egress
from tests.desk import desk
from tests.receivers import Receiver, status
from tests.stack import ROOT, temporary_folder
from workers import schedule
from workers.process import Process

NOWHERE = "unix:///nonexistent/redis.sock"


@pytest.fixture(scope="module")
def redis():
    with temporary_folder() as folder:
        places = Places(folder)
        places.prepare()
        server = Redis(places)
        server.process = server.child()
        bring_up([server.process])
        try:
            yield server
        finally:
            server.process.stop()


@pytest.fixture
async def client(redis):
    with Client.from_url(redis.url) as opened:
        opened.flushall()
        yield opened


@pytest.fixture
async def shop(postgres, tmp_path, redis, client):
    async with desk(postgres, tmp_path, redis_url=redis.url) as opened:
        yield opened


@asynccontextmanager
async def working(shop, **settings):
    """A worker process's parts in this loop; `settings` replace those of the desk."""
    runtime = replace(shop.runtime, settings=shop.runtime.settings.model_copy(update=settings))
    egress, stop = Egress(private=True), asyncio.Event()
    task = asyncio.create_task(Process(runtime, egress).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task
        await egress.close()


@asynccontextmanager
async def listening(url):
    """An Ear with what it heard."""
    heard = []
    ear = Ear(url, lambda *bell: heard.append(bell))
    ear.start()
    try:
        yield ear, heard
    finally:
        await ear.close()


async def until(true, seconds=60.0):
    """Wait until `true()`; returns the seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not so after {seconds} s"
        await asyncio.sleep(0.005)
    return time.monotonic() - began


async def register(shop, url, **params):
    async with shop.ctx.transaction() as tx:
        made = await endpoints.create(shop.ctx, tx, {"url": url, "enabled_events": ["*"], **params})
    shop.clock.move(seconds=1)
    return made


# ---------------------------------------------------------------- the doorbell


async def test_a_bell_is_heard_without_any_sweeper(redis, client):
    async with listening(redis.url) as (_, heard):
        await asyncio.sleep(0.2)
        bell = Doorbell(redis.url)
        bell.ring("outbox", 7)
        await until(lambda: heard, 10)
        assert heard == [("outbox", 7, "")]
        await bell.close()
    assert client.keys("rq:job:*") == client.lrange(f"rq:queue:{QUEUE}:intermediate", 0, -1) == []


async def test_a_hundred_equal_bells_become_a_few(redis, client):
    bell = Doorbell(redis.url)
    for _ in range(100):
        bell.ring("outbox", 7)
        await asyncio.sleep(0.001)
    await bell.close()
    assert 1 <= client.llen(f"rq:queue:{QUEUE}") <= 6


async def test_without_redis_ringing_neither_raises_nor_waits(monkeypatch):
    for url in ("", NOWHERE, "redis://127.0.0.1:1/0"):
        bell = Doorbell(url)
        with monkeypatch.context() as patched:
            for name in ("connect", "connect_ex", "send", "recv"):
                patched.setattr(socket.socket, name, _never_here(getattr(socket.socket, name)))
            for env in range(1000):
                bell.ring("outbox", env + 1)
        await bell.close()


def _never_here(real: Any) -> Any:
    """The method, which fails in this thread; the doorbell's own thread may wait."""
    here = threading.current_thread()

    def called(*args: Any) -> Any:
        assert threading.current_thread() is not here, "ringing waits for nobody"
        return real(*args)

    return called


async def test_bells_without_a_worker_do_not_fill_redis(redis, client):
    bell, rounds = Doorbell(redis.url), 0
    while rounds < 4 or client.llen(f"rq:queue:{QUEUE}") < WAITING_MAX:  # what a busy Redis did not take is lost
        assert rounds < 100
        for env in range(500):
            bell.ring("outbox", rounds * 500 + env + 1)
        rounds += 1
        await asyncio.sleep(0.15)
    await bell.close()
    assert client.llen(f"rq:queue:{QUEUE}") == WAITING_MAX


def _witness(path):
    return f"open({str(path)!r}, 'w').write('ran')"


async def test_pickled_unknown_and_odd_jobs_are_refused_and_run_nothing(redis, client, tmp_path):
    """Attack A21: whoever can write to Redis can neither run code nor name a function of their choice."""
    trace = tmp_path / "trace"

    class Trap:
        def __reduce__(self):
            return (exec, (_witness(trace),))

    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    good = JOBS["outbox"]

    def forge(data: bytes) -> None:
        job = Job.create(good, args=(1, ""), connection=client, serializer=JSONSerializer, id=str(uuid.uuid4()))
        job.save()
        client.hset(job.key, "data", data)
        client.rpush(queue.key, job.id)

    forge(pickle.dumps((good, None, (1, ""), {})))
    forge(pickle.dumps(Trap()))
    forge(b"\x00\xff not JSON")
    forge(json.dumps(["os.system", None, [f"touch {trace}"], {}]).encode())
    forge(json.dumps(["builtins.exec", None, [_witness(trace), ""], {}]).encode())
    forge(json.dumps([good, {"x": 1}, [1, ""], {}]).encode())
    for args in ([], [1], ["1", ""], [True, ""], [0, ""], [-1, ""], [2**63, ""], [1, 5], [1, "x" * 65], [1, "", 2]):
        forge(json.dumps([good, None, args, {}]).encode())
    forge(json.dumps([good, None, [1, ""], {"extra": 1}]).encode())
    client.hset("rq:job:halfmade", "status", "nonsense")
    client.rpush(queue.key, "halfmade")
    forged = 18
    queue.enqueue(good, 5, "", on_success=Callback("os.getcwd"), on_failure=Callback("os.getcwd"))
    async with listening(redis.url) as (ear, heard):
        await until(lambda: heard)
        assert heard == [("outbox", 5, "")]
        assert ear.refused >= forged - 1
    assert not trace.exists()


def test_every_job_name_is_a_function():
    for name in JOBS.values():
        module, _, function = name.rpartition(".")
        __import__(module)
        assert callable(getattr(sys.modules[module], function))


# ---------------------------------------------------------------- the process


async def test_an_event_is_delivered_by_its_bell(shop, monkeypatch):
    monkeypatch.setattr(schedule, "SWEEP_SECONDS", 3600.0)  # the sweeper looks once, before there is anything
    async with Receiver() as receiver, working(shop):
        await register(shop, receiver.url)
        await asyncio.sleep(0.3)
        await shop.happen()
        shop.runtime.doorbell.ring("outbox", shop.ctx.env)
        await until(lambda: receiver.received, 60)


async def test_without_redis_the_sweeper_brings_everything(shop):
    async with Receiver() as receiver, working(shop, redis_url=NOWHERE):
        await register(shop, receiver.url)
        for _ in range(20):
            await shop.happen()
        await until(lambda: len(receiver.received) == 20)


async def test_flushall_loses_nothing(shop, client):
    async with Receiver() as receiver, working(shop):
        await register(shop, receiver.url)
        for number in range(100):
            await shop.happen()
            shop.runtime.doorbell.ring("outbox", shop.ctx.env)
            if number % 10 == 0:
                client.flushall()
        await until(lambda: len({one.headers["webhook-id"] for one in receiver.received}) == 100)


async def test_redis_may_die_and_come_back(shop, redis):
    async with Receiver() as receiver, working(shop):
        await register(shop, receiver.url)
        redis.process.stop()
        await shop.happen()
        shop.runtime.doorbell.ring("outbox", shop.ctx.env)
        await until(lambda: len(receiver.received) == 1)
        bring_up([redis.process])
        await asyncio.sleep(1.5)
        await shop.happen()
        shop.runtime.doorbell.ring("outbox", shop.ctx.env)
        await until(lambda: len(receiver.received) == 2)


async def test_one_receiver_that_hangs_delays_no_other(shop):
    """E19 in small: one endpoint never answers, nine do."""
    async def hang(_, writer):
        await asyncio.sleep(30)

    async with Receiver(script=hang) as slow:
        healthy = [await Receiver().__aenter__() for _ in range(9)]
        for receiver in (slow, *healthy):
            await register(shop, receiver.url)
        for _ in range(30):
            await shop.happen()
        async with working(shop):
            await until(lambda: all(len(receiver.received) == 30 for receiver in healthy), 60)
            assert slow.connections <= deliveries.EACH_MAX
            for receiver in healthy:
                await receiver.__aexit__()
            await slow.__aexit__()


async def test_no_more_than_four_go_to_one_endpoint_at_a_time(shop):
    now = most = 0

    async def count(_, writer):
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(status(200, "Connection: close"))

    async with Receiver(script=count) as receiver, working(shop):
        await register(shop, receiver.url)
        for _ in range(40):
            await shop.happen()
        shop.runtime.doorbell.ring("outbox", shop.ctx.env)
        await until(lambda: len(receiver.received) == 40)
    assert most == deliveries.EACH_MAX


async def test_stopping_finishes_what_is_in_flight(shop):
    async def slow(_, writer):
        await asyncio.sleep(0.8)
        writer.write(status(200, "Connection: close"))

    async with Receiver(script=slow) as receiver:
        await register(shop, receiver.url)
        await shop.happen()
        async with working(shop):
            await until(lambda: receiver.received)
    rows = await shop.rows("SELECT status FROM pay.delivery WHERE env = %s", shop.ctx.env)
    assert rows == [{"status": "succeeded"}]


async def test_many_environments_are_all_served(shop):
    async with Receiver() as receiver, working(shop):
        others = [await shop.merchant() for _ in range(12)]
        for other in others:
            await register(other, receiver.url)
        for other in others:
            await other.happen()
            shop.runtime.doorbell.ring("outbox", other.ctx.env)
        await until(lambda: len(receiver.received) == 12)


# ---------------------------------------------------------------- the program


@contextmanager
def started(shop, redis):
    """The program; what is left of it at the end is ended."""
    environment = os.environ | {
        "FARTHING_DATA": str(shop.runtime.settings.data), "APP_DATABASE_URL": shop.runtime.settings.app_database_url,
        "REDIS_URL": redis.url, "FARTHING_ALLOW_PRIVATE_WEBHOOKS": "true"}
    with subprocess.Popen([sys.executable, "-m", "workers"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as program:
        try:
            yield program
        finally:
            program.kill()


async def heard_of(program, receiver, count):
    """Wait until the receiver has heard so often of a program, which goes on; fails with what it said when it ended."""
    await until(lambda: len(receiver.received) == count or program.poll() is not None)
    assert program.poll() is None, program.stdout.read().decode()


@pytest.fixture
def keys(shop):
    for name in ("network", "vault-link"):
        path = shop.runtime.settings.data / "secrets" / f"{name}.key"
        path.write_bytes(os.urandom(32))
        path.chmod(0o600)


async def test_sigterm_lets_the_program_finish_and_end_well(shop, redis, keys):
    async def slow(_, writer):
        await asyncio.sleep(1)
        writer.write(status(200, "Connection: close"))

    async with Receiver(script=slow) as receiver:
        shop.clock.move(minutes=-1)
        await register(shop, receiver.url)
        await shop.happen()
        with started(shop, redis) as program:
            await heard_of(program, receiver, 1)
            program.send_signal(signal.SIGTERM)
            said, _ = await asyncio.to_thread(program.communicate, timeout=60)
    assert program.returncode == 0, said.decode()
    assert '"ready"' in said.decode()
    rows = await shop.rows("SELECT status FROM pay.delivery WHERE env = %s", shop.ctx.env)
    assert rows == [{"status": "succeeded"}]


async def test_a_program_killed_in_mid_delivery_loses_nothing(shop, redis, keys):
    """E16: killed after the receiver has answered and before the database knows; delivered twice, lost never."""
    async def hang(_, writer):
        await asyncio.sleep(20)

    async with Receiver(script=hang) as receiver:
        shop.clock.move(minutes=-1)
        await register(shop, receiver.url)
        event_id = await shop.happen()
        with started(shop, redis) as program:
            await heard_of(program, receiver, 1)
        receiver.script = None
        async with shop.ctx.transaction() as tx:  # a minute passes
            await tx.exec_driver_sql("UPDATE pay.delivery SET leased_until = now() WHERE env = %s", (shop.ctx.env,))
        with started(shop, redis) as program:
            await heard_of(program, receiver, 2)
            program.terminate()
            await asyncio.to_thread(program.communicate, timeout=60)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == event_id
    assert first.body == second.body
    rows = await shop.rows("SELECT status, lease FROM pay.delivery WHERE env = %s", shop.ctx.env)
    assert rows == [{"status": "succeeded", "lease": 2}]
