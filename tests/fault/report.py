"""docs/reliability.md, written from the lines of one whole run: what was done, when, on what, what it cannot show."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

Line = dict[str, Any]

_HEAD = """# Reliability

This page is written by `make faults`; nobody edits it by hand. Every figure below was measured by the run that is
named here. A figure of zero comes with the number of trials behind it, and every line can be run again.

"""

HEADLINES: tuple[tuple[str, str, str, str], ...] = (
    ("Double charges", "storm", "{double_charges}", "{n} payments"),
    ("Lost charges", "storm", "{lost_charges}", "{n} payments"),
    ("Cents of difference between the acquirers' journals and our ledger", "storm", "{cents_of_difference}",
     "{n} payments"),
    ("Payments without an end after 90 s", "storm", "{unresolved_after_90_s}", "{n} payments"),
    ("Wrong answers to shops", "storm", "{wrong_answers}", "{n} payments"),
    ("Illegal changes of state", "storm", "{forbidden_transitions}", "{n} payments"),
    ("Events that never reached the receiver", "storm", "{lost_events}", "{events} events"),
    ("Repeated requests whose answer was another", "storm", "{replays_that_differ}", "{replays} repetitions"),
    ("Processes killed meanwhile: web, vault, worker, Redis", "storm",
     "{kills_web}, {kills_vault}, {kills_worker}, {kills_redis}", "{storm_seconds} s of storm"),
    ("Seconds until an unanswered message had its end: middle, 95 %, longest", "storm",
     "{seconds_to_resolution_p50}, {seconds_to_resolution_p95}, {seconds_to_resolution_max}",
     "{settled_by_asking} messages"),
    ("Requests answered while Redis was away", "storm", "{redis_outage_success_percent} %",
     "{redis_outage_requests} requests in {redis_outage_seconds} s"),
    ("Cells of the crash matrix passed", "matrix", "{passed} / {n}", "{n} cells"),
    ("Deaths of the worker at its own points that lost nothing", "workers", "{passed} / {n}", "{n} points"),
    ("Guards taken away / noticed by the tests", "mutants", "{n} / {detected}", "{n} guards"),
    ("Executions of one idempotency key beyond the first", "keys", "{extra_executions}",
     "{n} keys, {racers} requests each"),
    ("Payments refunded beyond what was captured", "refunds", "{over_refunded}",
     "{n} payments, {racers} racing refunds each"),
    ("Unknown outcomes settled wrongly", "unknown", "{wrong_final_states}", "{n} payments without an answer"),
    ("Charges doubled or failed by a lost answer to a COMMIT", "commit_lost", "{duplicates} + {wrong_failures}",
     "{n} lost answers"),
    ("Charges doubled by the official library's own repetitions", "sdk", "{double_charges}", "{n} payments"),
    ("Cents that the ledger lost or gained under many writers, and transfers missing or there twice", "ledger",
     "{cents_of_difference}, {transfers_missing_or_twice}", "{n} operations, {writers} writers"),
    ("Random walks whose answer or state was not what the model allows", "walks", "{astray}",
     "{n} walks, {requests} requests, {pairs_at_one_moment} pairs at one moment"),
    ("Other requests that failed while strangers left answers unread or read a byte a second", "crowds",
     "{requests_failed}", "{n} requests, {unread_connections} + {slow_connections} lines"),
    ("Their 95th percentile meanwhile, in milliseconds: API, vault", "crowds", "{web_p95_ms}, {vault_p95_ms}",
     "{n} requests"),
    ("Megabytes by which the web process grew over hostile bodies", "bodies", "{grown_mb}", "{n} bodies"),
    ("Wrong answers to shops while the disks of data and logs were full, each and both", "disks",
     "{answers_not_json} + {answers_500} + {wrong_answers}", "{n} payments, {refused_while_data_full} tries refused"),
    ("Seconds until all was well again once the disks had room", "disks", "{well_again_after_seconds}", "3 outages"),
    ("Restore: seconds of data lost (chosen), seconds to be back", "restore", "{rpo_seconds}, {rto_seconds}",
     "1 restore"),
    ("Restore: cents of difference after matching", "restore", "{cents_of_difference}", "{orphans} forgotten messages"),
)
"""What the first table says: the words, the experiment, the figure, and the number of trials behind it."""

_ZERO = """## What a zero means

No failure in N independent trials says, at 95 % confidence, only that the rate of failure is below about 3 / N (the
"rule of three"). {example}The trials of one storm share a machine and a moment, so they are not fully independent, and
the true bound is weaker than that. Two things make up for it: the crash matrix visits each named moment on purpose
instead of waiting for chance to find it, and guards are taken away one by one to see that the checks turn red.

"""

_LIMITS = """## What this does not show

* **Power loss.** Killing a process leaves the operating system's cache intact, so nothing here shows what a power cut
  does to a disk that lies about its writes. The settings that protect against it are checked instead.
* **Networks between machines.** Everything ran on one machine over loopback. There were no partitions and no replicas.
* **Scale.** A machine of this size says nothing about thousands of payments per second; see `make bench`.
* **Real acquirers.** The sandbox network speaks ISO 8583 over TCP and fails on command, but it is our program. A real
  acquirer fails in ways that nobody has thought of.
* **The supervisor's patience.** In the storm it restarts at once whatever was killed. As shipped it pauses longer after
  each death of one process, up to a minute, while everything else goes on.
* **Other load.** If the machine was also busy with something else (see the load average above), times are longer than
  they would be alone. Correctness must not depend on that, and does not here.

"""

_AGAIN = """## Run it yourself

```sh
make faults                      # all of it, with a new seed; writes this page
make faults ARGS="--seed {seed}"{pad}# with the seed of this run
make faults-quick                # the short form, about two minutes, writes nothing
```

Each experiment prints one line of JSON with everything it measured, its limits, and the command that replays it. The
seed fixes what is bought, what the acquirers do to each message, and the moments of the kills as far as the code
decides them. Which line of code a kill meets is up to the operating system, so a replay is a close relative and not a
copy. The code is in `tests/fault/`, the invariants in `backend/reconciliation/invariants.sql`.
"""


def page(lines: list[Line], hardware: dict[str, Any], started: datetime, ended: datetime) -> str:
    """The whole document."""
    found = {line["id"]: line for line in lines}
    seed = lines[0]["seed"]
    again = _AGAIN.format(seed=seed, pad=" " * max(1, 9 - len(str(seed))))
    return "".join((_HEAD, _run(lines, hardware, started, ended), _headlines(found),
                    _ZERO.format(example=_example(found)), _experiments(lines), _LIMITS, again))


def _run(lines: list[Line], hardware: dict[str, Any], started: datetime, ended: datetime) -> str:
    failed = [line["id"] for line in lines if line["verdict"] != "pass"]
    verdict = f"**{len(failed)} failed: {', '.join(failed)}.**" if failed else "All passed."
    facts = (("Verdict", f"{len(lines)} experiments. {verdict}"),
             ("When", f"{started:%Y-%m-%d %H:%M} UTC, {(ended - started).total_seconds() / 60:.0f} minutes"),
             ("Commit", f"`{lines[0]['commit']}` (a plus means: with changes that were not committed)"),
             ("Seed", str(lines[0]["seed"])),
             ("Machine", f"{hardware['cores']} cores ({hardware['cpu']}), {hardware['memory_gib']} GiB, Linux "
                         f"{hardware['kernel']}, Python {hardware['python']}, {hardware['fdatasync_ms']} ms for one "
                         "durable write"),
             ("Load average before the run", str(hardware.get("load_average", "not taken"))))
    return _table(("", ""), facts)


def _headlines(found: dict[str, Line]) -> str:
    rows = [(words, _fill(figure, found[id]), _fill(trials, found[id]), f"[{id}](#{id})")
            for words, id, figure, trials in HEADLINES if id in found]
    return "## The figures\n\n" + _table(("what", "measured", "out of", "experiment"), rows)


def _fill(text: str, line: Line) -> str:
    """`text` with the experiment's figures; one that it did not deliver is called not measured."""
    try:
        return text.format_map(line)
    except KeyError:
        return "not measured"


def _example(found: dict[str, Line]) -> str:
    n = found.get("storm", {}).get("n")
    return f"For the {n} payments of the storm that is {300 / n:.2f} %. " if n else ""


def _experiments(lines: list[Line]) -> str:
    return "## The experiments\n\n" + "".join(map(_experiment, lines))


_SHOWN_ELSEWHERE = frozenset({"id", "title", "verdict", "limits", "replay", "commit", "seed", "why", "broken"})


def _experiment(line: Line) -> str:
    limits: dict[str, str] = line.get("limits") or {}
    rows = [(name.replace("_", " "), _show(value), limits.get(name, "")) for name, value in line.items()
            if name not in _SHOWN_ELSEWHERE]
    broken = "".join(f"* {one}\n" for one in line.get("broken", []))
    return (f"### {line['id']}\n\n{line['title']}: **{line['verdict']}**.\n\n" + (f"{broken}\n" if broken else "")
            + _table(("figure", "measured", "limit"), rows) + f"`{line['replay']}`\n\n")


def _show(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _escape(cell: object) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_escape, line))} |\n" for line in lines) + "\n"
