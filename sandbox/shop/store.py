"""The shop's own books: orders, what it asked Farthing and what it was told, in one SQLite file that is synced."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]
WAITING, FULFILLED, DECLINED, EXPIRED, REFUNDED = "waiting", "fulfilled", "declined", "expired", "refunded"
_SHOWN_MAX = 100
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shopper (id TEXT PRIMARY KEY, customer TEXT);
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, shopper TEXT, good TEXT NOT NULL, name TEXT NOT NULL, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, way TEXT NOT NULL, state TEXT NOT NULL, why TEXT, made_at REAL NOT NULL,
  fulfilled_at REAL, session TEXT UNIQUE, intent TEXT UNIQUE);
CREATE INDEX IF NOT EXISTS orders_of_shopper ON orders (shopper, made_at);
CREATE TABLE IF NOT EXISTS call (
  id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  sent TEXT NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, took INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS call_of_order ON call (order_id);
CREATE TABLE IF NOT EXISTS event (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL, at REAL NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
  did TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_of_order ON event (order_id);
"""


class Store:
    """One file; nothing is made before it is used. Every change is on disk when its call returns."""

    def __init__(self, data: Path) -> None:
        self._path = data / "shop" / "shop.sqlite"
        self._ready = False

    def _open(self) -> sqlite3.Connection:
        if not self._ready:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        link = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        link.row_factory = sqlite3.Row
        link.execute("PRAGMA synchronous = EXTRA")
        if not self._ready:
            link.executescript(_SCHEMA)
            self._ready = True
        return link

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone with the file: all of it or nothing."""
        with closing(self._open()) as link:
            link.execute("BEGIN IMMEDIATE")
            try:
                yield link
            except BaseException:
                link.execute("ROLLBACK")
                raise
            link.execute("COMMIT")

    def rows(self, question: str, *values: Any) -> list[Row]:
        """What a SELECT finds."""
        with closing(self._open()) as link:
            return [dict(row) for row in link.execute(question, values)]

    def write(self, statement: str, *values: Any) -> None:
        """One statement in a transaction of its own."""
        with self.change() as tx:
            tx.execute(statement, values)

    # ---- what the shop keeps about itself

    def kept(self, name: str) -> str:
        """A value that `keep` was given, or ''."""
        found = self.rows("SELECT value FROM kept WHERE name = ?", name)
        return str(found[0]["value"]) if found else ""

    def keep(self, name: str, value: str) -> None:
        """Remember a value under a name, in place of the older one."""
        self.write("INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   name, value)

    # ---- shoppers and orders

    def customer(self, shopper: str) -> str:
        """The customer at Farthing that a shopper is, or ''."""
        found = self.rows("SELECT customer FROM shopper WHERE id = ?", shopper)
        return str(found[0]["customer"] or "") if found else ""

    def remember(self, shopper: str, customer: str) -> None:
        """A shopper is this customer at Farthing."""
        self.write("INSERT INTO shopper VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET customer = excluded.customer",
                   shopper, customer)

    def place(self, shopper: str, good: str, name: str, amount: int, currency: str, way: str) -> Row:
        """A new order, on disk before anybody is asked for money."""
        id = new_order()
        self.write("INSERT INTO orders (id, shopper, good, name, amount, currency, way, state, made_at) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   id, shopper, good, name, amount, currency, way, WAITING, time.time())
        return self.order(id) or {}

    def learn(self, order: str, session: str | None = None, intent: str | None = None) -> None:
        """What Farthing calls the payment of an order."""
        self.write("UPDATE orders SET session = coalesce(?, session), intent = coalesce(?, intent) WHERE id = ?",
                   session, intent, order)

    def decline(self, order: str, why: str) -> None:
        """A try to pay was refused; what was paid meanwhile stays paid."""
        self.write("UPDATE orders SET state = ?, why = ? WHERE id = ? AND state = ?", DECLINED, why, order, WAITING)

    def order(self, id: str) -> Row | None:
        """An order, or None."""
        return next(iter(self.rows("SELECT * FROM orders WHERE id = ?", id)), None)

    def orders(self, shopper: str | None = None) -> list[Row]:
        """The newest orders of a shopper, or of all."""
        return self.rows("SELECT * FROM orders WHERE shopper = ? OR ? IS NULL ORDER BY made_at DESC LIMIT ?",
                         shopper, shopper, _SHOWN_MAX)

    def claim(self, session: str, shopper: str) -> Row | None:
        """The order that a session at Farthing paid for, which is now this shopper's if it was nobody's; None while the
        shop has not heard of it."""
        self.write("UPDATE orders SET shopper = ? WHERE session = ? AND shopper IS NULL", shopper, session)
        return next(iter(self.rows("SELECT * FROM orders WHERE session = ? AND shopper = ?", session, shopper)), None)

    # ---- what happened to an order, for the page behind the counter

    def note_call(self, order: str, method: str, path: str, sent: Row, status: int, answer: Row, took: int) -> None:
        """One call of Farthing's API, without what would let its reader pay."""
        self.write("INSERT INTO call (order_id, at, method, path, sent, status, answer, took) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   order, time.time(), method, path, json.dumps(sent), status, json.dumps(_discreet(answer)), took)

    def calls(self, order: str) -> list[Row]:
        """The calls made for an order, oldest first."""
        return [row | {"sent": json.loads(row["sent"]), "answer": json.loads(row["answer"])} for row in
                self.rows("SELECT * FROM call WHERE order_id = ? ORDER BY id LIMIT ?", order, _SHOWN_MAX)]

    def events(self, order: str) -> list[Row]:
        """The events received about an order, oldest first."""
        return [row | {"body": _discreet(json.loads(row["body"]))} for row in
                self.rows("SELECT * FROM event WHERE order_id = ? ORDER BY at, rowid LIMIT ?", order, _SHOWN_MAX)]


def new_order() -> str:
    """An order's number."""
    return f"ws_{secrets.token_hex(5)}"


def _discreet(value: Any) -> Any:
    """A copy in which the secrets that pages pay with are dots."""
    if isinstance(value, dict):
        return {name: "…" if name == "client_secret" and one else _discreet(one) for name, one in value.items()}
    return [_discreet(one) for one in value] if isinstance(value, list) else value
