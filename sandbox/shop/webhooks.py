"""What the shop does when it is told something: check who said it, write it down once, and pack what is paid."""

import hashlib
import hmac
import json
import sqlite3
import time
from typing import Any

from sandbox.shop.goods import SHELVES
from sandbox.shop.opening import LINKED
from sandbox.shop.store import DECLINED, EXPIRED, FULFILLED, REFUNDED, WAITING, Store, new_order

TOLERANCE_SECONDS = 300
Json = dict[str, Any]


class Forged(Exception):
    """A message that Farthing did not sign for us, or not just now."""


def read(body: bytes, signature: str, secret: str, now: float) -> Json:
    """The event in a message. Raises Forged unless one of its signatures is ours and no older than five minutes."""
    parts = [part.split("=", 1) for part in signature.split(",") if "=" in part]
    at = next((value for name, value in parts if name.strip() == "t"), "")
    if not secret or not (at.isascii() and at.isdigit()) or abs(now - int(at[:15])) > TOLERANCE_SECONDS:
        raise Forged
    right = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    given = [value.encode() for name, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(right, one) for one in given):
        raise Forged
    event: Json = json.loads(body)
    return event


def take(store: Store, event: Json, link: str) -> None:
    """Act on an event, once: the same one again finds its id and changes nothing. What is about no order of ours is
    none of our business (the account takes other payments, too)."""
    if event.get("livemode"):
        return
    with store.change() as tx:
        if tx.execute("SELECT 1 FROM event WHERE id = ?", (event["id"],)).fetchone():
            return
        thing = event["data"]["object"]
        order = _order(tx, thing, link)
        if order is not None:
            did = _act(tx, order, event["type"], thing)
            tx.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
                       (event["id"], order["id"], time.time(), event["type"], json.dumps(event), did))


def _order(tx: sqlite3.Connection, thing: Json, link: str) -> Json | None:
    """The order that a session, payment or charge is about. Never by what a shopper's address could have said."""
    if thing["object"] == "checkout.session":
        found = _one(tx, "SELECT * FROM orders WHERE session = ?", thing["id"])
        if found or not thing["payment_link"]:  # without a link it was our server that said which order it is for
            return found or _one(tx, "SELECT * FROM orders WHERE id = ?", thing["client_reference_id"])
        return _by_link(tx, thing) if thing["payment_link"] == link and thing["payment_status"] == "paid" else None
    intent = thing["id"] if thing["object"] == "payment_intent" else thing.get("payment_intent")
    named = (thing.get("metadata") or {}).get("order")
    return _one(tx, "SELECT * FROM orders WHERE intent = ?", intent) or \
        _one(tx, "SELECT * FROM orders WHERE id = ?", named)


def _one(tx: sqlite3.Connection, question: str, value: Any) -> Json | None:
    row = tx.execute(question, (value,)).fetchone()
    return dict(row) if row else None


def _by_link(tx: sqlite3.Connection, session: Json) -> Json | None:
    """Whoever opens the payment link was never here: the shop learns of the order from the event."""
    id = new_order()
    tx.execute("INSERT INTO orders (id, good, name, amount, currency, way, state, made_at, session) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (id, LINKED, SHELVES[LINKED].name, session["amount_total"], session["currency"], "link", WAITING,
                time.time(), session["id"]))
    return _one(tx, "SELECT * FROM orders WHERE id = ?", id)


def _act(tx: sqlite3.Connection, order: Json, type: str, thing: Json) -> str:
    """Change the order as the event says; returns what was done in a sentence."""
    on_page = order["way"] in ("hosted", "link")
    if type == "checkout.session.completed" and on_page:
        tx.execute("UPDATE orders SET intent = coalesce(intent, ?) WHERE id = ?",
                   (thing["payment_intent"], order["id"]))
        paid = thing["amount_total"] if thing["payment_status"] == "paid" else None
        return _fulfil(tx, order, paid, thing["currency"])
    if type == "payment_intent.succeeded" and not on_page:
        return _fulfil(tx, order, thing["amount_received"], thing["currency"])
    if type == "payment_intent.payment_failed" and order["way"] == "here":
        return "A card was declined. The shopper was told beside it and may try another: the order goes on waiting."
    if type == "payment_intent.payment_failed" and order["way"] == "saved":
        why = str((thing.get("last_payment_error") or {}).get("message") or "The card was declined.")
        return _move(tx, order, (WAITING,), DECLINED, why, "The order is over, for the kept card was the way to pay.")
    if type == "checkout.session.expired":
        return _move(tx, order, (WAITING, DECLINED), EXPIRED, "Nobody paid in time.", "The order is closed.")
    if type == "charge.refunded" and thing["refunded"]:
        return _move(tx, order, (FULFILLED,), REFUNDED, "The money was given back.", "The parcel is called back.")
    return "Noted. Another event is the one that counts for this order."


def _fulfil(tx: sqlite3.Connection, order: Json, paid: int | None, currency: str) -> str:
    if (paid, currency) != (order["amount"], order["currency"]):
        return "This is not what the order costs: nothing was packed."
    tx.execute("UPDATE orders SET fulfilled_at = ? WHERE id = ? AND fulfilled_at IS NULL", (time.time(), order["id"]))
    return _move(tx, order, (WAITING, DECLINED, EXPIRED), FULFILLED, None, "Paid: the parcel was packed.")


def _move(tx: sqlite3.Connection, order: Json, since: tuple[str, ...], state: str, why: str | None, done: str) -> str:
    if order["state"] not in since:
        return f"The order was {order['state']} already: nothing to do."
    tx.execute("UPDATE orders SET state = ?, why = ? WHERE id = ?", (state, why, order["id"]))
    return done
