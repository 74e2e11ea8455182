"""What the shop needs before it sells: prices, a payment link, an endpoint for webhooks; made once, then found."""

import json
import threading
from typing import Any

from sandbox.shop import goods
from sandbox.shop.farthing import Farthing, Refused
from sandbox.shop.store import Store

EVENTS = ("checkout.session.completed", "checkout.session.expired", "payment_intent.succeeded",
          "payment_intent.payment_failed", "charge.refunded")
LINKED = "coin"
"""What the payment link sells."""


class Shop:
    """The shop at `base`, which hears webhooks at `hook`."""

    def __init__(self, base: str, hook: str, farthing: Farthing, store: Store) -> None:
        self.base, self.hook, self.farthing, self.store = base, hook, farthing, store
        self._lock = threading.Lock()
        self._open_for: dict[str, Any] | None = None

    def open(self) -> None:
        """Have everything ready, at the first visit of a process. Raises Refused and Closed."""
        with self._lock:
            account = self.farthing.account
            if account is self._open_for:
                return
            goods.stock(self.farthing)
            self._listen()
            self._link()
            self._open_for = account

    def _listen(self) -> None:
        """Be told of events. The secret is shown once only: an endpoint whose secret was lost makes way for another."""
        known = self.endpoint
        if known and self._there(f"/v1/webhook_endpoints/{known['id']}", url=self.hook, status="enabled"):
            return
        for one in self.farthing.get("/v1/webhook_endpoints", {"limit": "100"})["data"]:
            if one["url"] == self.hook or one["id"] == known.get("id"):
                self.farthing.delete(f"/v1/webhook_endpoints/{one['id']}")
        asked = {f"enabled_events[{number}]": name for number, name in enumerate(EVENTS)}
        made = self.farthing.post("/v1/webhook_endpoints", {**asked, "url": self.hook, "description": "The demo shop"})
        self.store.keep("endpoint", json.dumps({"id": made["id"], "secret": made["secret"]}))

    def _link(self) -> None:
        thanks = f"{self.base}/thanks?session={{CHECKOUT_SESSION_ID}}"
        known = self.link
        if known and known["thanks"] == thanks and self._there(f"/v1/payment_links/{known['id']}", active=True):
            return
        price, _ = goods.prices(self.farthing).get(LINKED, ("", 0))
        if not price:
            return
        made = self.farthing.post("/v1/payment_links", {
            "line_items[0][price]": price, "line_items[0][quantity]": "1",
            "after_completion[type]": "redirect", "after_completion[redirect][url]": thanks})
        self.store.keep("link", json.dumps({"id": made["id"], "url": made["url"], "thanks": thanks}))

    def _there(self, path: str, **wanted: Any) -> bool:
        try:
            found = self.farthing.get(path)
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return all(found.get(name) == value for name, value in wanted.items())

    @property
    def endpoint(self) -> dict[str, str]:
        """`id` and `secret` of the endpoint for webhooks, or {}."""
        return dict(json.loads(self.store.kept("endpoint") or "{}"))

    @property
    def link(self) -> dict[str, str]:
        """`id` and `url` of the payment link, or {}."""
        return dict(json.loads(self.store.kept("link") or "{}"))
