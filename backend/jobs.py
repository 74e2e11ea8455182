"""The doorbell: RQ jobs that say "there is work" and nothing else (money rules 9, 10, 19; attack A21).

The work and its state are rows in PostgreSQL, and a sweeper finds them without any bell; so a bell may be lost,
forged or doubled. Jobs are JSON, never pickle, and their names are on a list.
"""

import asyncio
import threading
from collections.abc import Callable

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.serializers import JSONSerializer

log = structlog.get_logger(__name__)

JOBS = {
    "outbox": "workers.outbox.dispatch",
    "webhooks": "workers.webhooks.deliver",
    "reconcile": "workers.reconcile.settle",
}
"""Bell -> the function that answers it; nothing else is ever run on behalf of Redis."""

QUEUE = "farthing"
TTL_SECONDS = 60
WAITING_MAX = 1000
"""Bells kept for a worker that is away; beyond them its sweeper has enough to do anyway."""

_COALESCE_SECONDS = 0.05
_PAUSE_SECONDS = 1.0
_SOCKET_SECONDS = 1.0
_LISTEN_SECONDS = 1
Bell = tuple[str, int, str]


def _connect(url: str, socket_seconds: float) -> Redis:
    return Redis.from_url(url, socket_timeout=socket_seconds, socket_connect_timeout=_SOCKET_SECONDS,
                          retry=Retry(NoBackoff(), 0))


class Doorbell:
    """Rings from any thread without waiting: bells are collected and written by a thread of its own.

    Equal bells within 50 ms become one, so a busy environment costs Redis at most 20 jobs a second.
    """

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._waiting: dict[Bell, None] = {}
        self._some = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, job: str, env: int, id: str = "") -> None:
        """Say that there is work of kind `job` (a key of JOBS) in `env`. Never raises for Redis, never blocks."""
        assert job in JOBS, job
        if not self._url or self._closing.is_set():
            return
        with self._lock:
            self._waiting[(job, env, id)] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
        self._some.set()

    async def ping(self) -> bool:
        """True when Redis answers; it is never needed, only faster."""
        def ask() -> bool:
            with _connect(self._url, _SOCKET_SECONDS) as connection:
                return bool(connection.ping())
        return await asyncio.to_thread(ask)

    async def close(self) -> None:
        """Ring what is still waiting, if Redis answers, and stop."""
        self._closing.set()
        self._some.set()
        if self._thread:
            await asyncio.to_thread(self._thread.join, 2 * _SOCKET_SECONDS)

    def _run(self) -> None:
        with _connect(self._url, _SOCKET_SECONDS) as connection:
            queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
            while not self._closing.is_set() or self._waiting:
                self._some.wait()
                self._some.clear()
                with self._lock:
                    bells, self._waiting = list(self._waiting), {}
                pause = _COALESCE_SECONDS if _write(queue, bells) else _PAUSE_SECONDS
                self._closing.wait(pause)


def _write(queue: Queue, bells: list[Bell]) -> bool:
    """One round trip for the length, one for all bells; False when Redis is away."""
    if not bells:
        return True
    try:
        if (room := WAITING_MAX - queue.connection.llen(queue.key)) > 0:
            queue.enqueue_many([
                Queue.prepare_data(JOBS[job], args=(env, id), ttl=TTL_SECONDS, result_ttl=0, failure_ttl=0,
                                   description=job) for job, env, id in bells[:room]])
        return True
    except RedisError as error:
        log.warning("doorbell_lost", bells=len(bells), error=type(error).__name__)
        return False


class Ear:
    """Hears the doorbell in a thread and hands each bell to the event loop; for worker processes.

    It takes jobs with RQ's own queue, of which there is exactly one per process: RQ then moves a job with BLMOVE and
    cannot lose it in between (rq/rq#1716). RQ's Worker class is not used: it would also run callbacks, webhooks and
    clean-up that a job may carry, and whoever can write to Redis can write a job (attack A21).
    """

    def __init__(self, redis_url: str, answer: Callable[[str, int, str], None]) -> None:
        self._url, self._answer = redis_url, answer
        self._names = {function: job for job, function in JOBS.items()}
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)
        self.refused = 0

    def start(self) -> None:
        if self._url:
            self._thread.start()

    async def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _LISTEN_SECONDS + 2 * _SOCKET_SECONDS)

    def _run(self) -> None:
        away = False
        while not self._closing.is_set():
            try:
                with _connect(self._url, _LISTEN_SECONDS + 4) as connection:
                    self._listen(connection)
            except RedisError as error:
                if not away:
                    log.warning("doorbell_deaf", error=type(error).__name__)
                away = True
                self._closing.wait(_PAUSE_SECONDS)
            except Exception:  # a job so odd that RQ cannot even read it; its id is gone from the queue
                self.refused += 1
                log.warning("doorbell_refused", exc_info=True)

    def _listen(self, connection: Redis) -> None:
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        connection.delete(queue.intermediate_queue.key)  # what a killed process left: the sweeper sees to its rows
        while not self._closing.is_set():
            try:
                taken = Queue.dequeue_any([queue], _LISTEN_SECONDS, connection=connection, serializer=JSONSerializer)
            except DequeueTimeout:
                continue
            if taken is not None:
                job = taken[0]
                with connection.pipeline(transaction=False) as pipe:
                    pipe.lrem(queue.intermediate_queue.key, 1, job.id)
                    pipe.delete(job.key)
                    pipe.execute()
                self._hear(job)

    def _hear(self, job: Job) -> None:
        bell = self._read(job)
        if bell is None:
            self.refused += 1
            log.warning("doorbell_refused", job=str(job.id)[:64])
        elif not self._closing.is_set():
            self._loop.call_soon_threadsafe(self._answer, *bell)

    def _read(self, job: Job) -> Bell | None:
        """Name and arguments of a job, or None for one that is pickled, unknown or has other arguments."""
        try:
            name, args = self._names[job.func_name or ""], job.args
        except Exception:  # RQ raises many kinds here, all of which mean the same
            return None
        if job.instance is not None or job.kwargs or len(args) != 2:
            return None
        env, id = args
        if type(env) is not int or not 0 < env < 2**63 or not isinstance(id, str) or len(id) > 64:
            return None
        return name, env, id
