"""After any kill the stack comes back with everything it had acknowledged."""

import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.stack import sql
from backend.stack.children import Child
from backend.stack.places import Places
from backend.stack.postgres import Postgres
from backend.stack.start import bring_up
from backend.stack.supervisor import Supervisor
from tests.stack import DidNotStart, Stack, temporary_folder


@pytest.fixture(scope="module")
def mine() -> Iterator[Stack]:
    """A stack of this module's own, from an empty folder, for it is killed again and again."""
    with temporary_folder() as folder:
        stack = Stack(folder)
        stack.start()
        yield stack
        stack.stop()


def _write(stack: Stack, number: int) -> None:
    with sql.connect(stack.urls.owner) as link:
        link.execute("CREATE TABLE IF NOT EXISTS public.kept (number int PRIMARY KEY)")
        link.execute("INSERT INTO public.kept VALUES (%s)", (number,))


def _read(stack: Stack) -> set[int]:
    with sql.connect(stack.urls.owner) as link:
        return {row[0] for row in link.execute("SELECT number FROM public.kept").fetchall()}


def test_a_start_says_what_it_is_doing(mine: Stack) -> None:
    said = ("Making an empty database (once) …", "Starting the databases …", "Bringing the schema up to date …",
            "Starting the sandbox network and the vault …", "Starting the web process and a worker …",
            "Farthing is running")
    places = [mine.output().index(one) for one in said]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["postgres", "redis", "sandbox", "vault", "web", "worker"])
def test_a_dead_child_is_named_and_comes_back(mine: Stack, name: str) -> None:
    mine.kill_and_wait(name)
    assert re.search(rf"^{name} ended with signal SIGKILL; .* It is started again in ", mine.output(), re.MULTILINE)


def test_after_everything_was_killed_the_next_start_has_all_rows_and_the_same_keys(mine: Stack) -> None:
    values = mine.values
    for number in range(3):
        _write(mine, number)
        mine.kill_all()
        mine.start()
    assert {0, 1, 2} <= _read(mine)
    assert mine.values == values


def test_after_only_the_supervisor_was_killed_its_processes_are_ended_first(mine: Stack) -> None:
    before = [mine.pid(name) for name in ("postgres", "redis", "sandbox", "vault", "web", "worker")]
    mine.process.kill()
    mine.process.wait()
    mine.start()
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in before)
    assert "that an earlier start had left behind" in mine.output()


def test_ctrl_c_stops_all_and_a_second_start_goes_on(mine: Stack) -> None:
    pids = [mine.pid(name) for name in ("postgres", "redis", "sandbox", "vault", "web", "worker")]
    code, _ = mine.stop()
    assert code == 0
    assert mine.output().rstrip().endswith("Stopped.")
    assert not any(psutil.pid_exists(pid) for pid in pids)
    mine.start()  # how quickly, the bench says


def test_a_damaged_redis_file_is_set_aside(mine: Stack) -> None:
    mine.stop()
    (mine.places.redis / "appendonly.aof").write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\ngarbage\r\n")
    mine.start()
    assert "The file of Redis was damaged" in mine.output()
    assert list(mine.places.data.glob("redis.damaged-*"))


def test_a_half_made_database_folder_is_made_anew() -> None:
    with temporary_folder() as folder:
        part = folder / "postgres.part"
        part.mkdir(parents=True)
        (part / "PG_VERSION").write_text("18\n")
        places = Places(folder)
        places.prepare()
        server = Postgres(places)
        server.prepare()
        child = server.child()
        bring_up([child])
        child.stop()
        assert not part.exists()


@pytest.mark.parametrize(("place", "content", "sentence"), [
    ("postgres/global/pg_control", None, "is not a whole PostgreSQL data folder"),
    ("postgres/PG_VERSION", b"16\n", "was made by PostgreSQL 16"),
    ("secrets/postgres.password", None, "has lost the password"),
    ("secrets/vault-kek.key", b"short", "is damaged: it must hold 32 bytes"),
])
def test_a_damaged_folder_is_explained_in_one_sentence(mine: Stack, place: str, content: bytes | None,
                                                       sentence: str) -> None:
    mine.stop()
    path = mine.places.data / place
    aside = path.rename(path.with_name("aside"))
    if content is not None:
        shutil.copy2(aside, path)
        path.write_bytes(content)
    try:
        with pytest.raises(DidNotStart) as refused:
            mine.start()
    finally:
        aside.replace(path)
    assert sentence in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_folder_that_was_mended_is_taken_again(mine: Stack) -> None:
    mine.stop()
    mine.start()


def _child(folder: Path, code: str) -> Child:
    return Child("frail", [sys.executable, "-c", code], {}, folder / "frail.log", folder / "frail.pid",
                 ready=lambda child: child.alive(), cwd=folder)


def test_a_child_that_never_stays_alive_stops_nobody_and_is_tried_again_with_growing_pauses(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("backend.stack.supervisor._DELAY_SECONDS", 0.01)
    monkeypatch.setattr("backend.stack.supervisor._DELAY_SECONDS_MAX", 0.08)
    supervisor, told = Supervisor(), []
    supervisor.tell = told.append
    frail = _child(tmp_path, "print('no such table'); raise SystemExit(3)")
    sound = _child(tmp_path, "import time; time.sleep(600)")
    sound.name, sound.pid_file, sound.log = "sound", tmp_path / "sound.pid", tmp_path / "sound.log"
    supervisor.begin([frail, sound])

    def enough() -> None:
        if len(frail.starts) == 12:  # twice as often as it once took to stop everything
            supervisor._signals = 1

    try:
        supervisor.watch(enough)
        assert sound.alive()
        assert len(sound.starts) == 1
    finally:
        supervisor.stop()
    said = capsys.readouterr().out
    pauses = [float(found) for found in re.findall(r"started again in ([0-9.]+) s", said)]
    assert pauses == sorted(pauses)
    assert "It has died 7 times in a row; everything else goes on." in said
    assert ["frail"] in told
    assert not any("sound" in names for names in told)


def test_a_child_that_ignores_the_polite_signal_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.stack.supervisor.STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    child = _child(tmp_path, code)
    child.ready = lambda it: it.said() == ["on"]
    supervisor = Supervisor()
    supervisor.add([child])
    supervisor.stop()
    assert child.exit_code() == -signal.SIGKILL
