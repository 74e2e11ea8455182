"""How the shop speaks to Farthing: plain HTTP with the secret key, every call of an order written down.

A shop would take its Stripe library instead; here each call stands as it goes over the wire.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.shop.store import Store

Json = dict[str, Any]
_PAUSES = (0.2, 1.0)
"""Seconds before a request whose answer got lost is sent again, with the same idempotency key."""


class Closed(Exception):
    """The shop cannot work now; the message is a sentence for whoever looks at the page."""


class Refused(Exception):
    """Farthing refused a call; `error` is its answer's `error`."""

    def __init__(self, status: int, error: Json) -> None:
        super().__init__(str(error.get("message") or f"Farthing answered {status}."))
        self.status, self.error = status, error


class Farthing:
    """The account that `{data}/sandbox.json` names, read anew whenever that file changes."""

    def __init__(self, data: Path, store: Store) -> None:
        self._file, self._store = data / "sandbox.json", store
        self._lock = threading.Lock()
        self._read_at = 0
        self._account: Json = {}
        self._client: Any = None

    @property
    def account(self) -> Json:
        """Addresses and keys. Raises Closed while there are none, and for a key that moves real money."""
        try:
            changed = self._file.stat().st_mtime_ns
            with self._lock:
                if changed != self._read_at:
                    self._account, self._read_at = json.loads(self._file.read_text()), changed
            account = self._account
        except (OSError, ValueError):
            raise Closed("Farthing is still starting.") from None
        if not str(account.get("secret_key", "")).startswith("sk_test_"):
            raise Closed("This shop sells nothing for real money: it works with a test key only.")
        return account

    def get(self, path: str, params: Json | None = None, order: str = "") -> Json:
        """What Farthing answers to a question. Raises Refused and Closed."""
        return self._call("GET", path, params or {}, order, "")

    def post(self, path: str, params: Json | None = None, order: str = "", step: str = "") -> Json:
        """Have something done. For an `order` each `step` happens once, however often the line breaks. Raises Refused,
        and Closed when no answer came."""
        return self._call("POST", path, params or {}, order, f"{order}-{step}" if order else "")

    def delete(self, path: str) -> Json:
        """Take something away. Raises Refused and Closed."""
        return self._call("DELETE", path, {}, "", "")

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _call(self, method: str, path: str, params: Json, order: str, key: str) -> Json:
        account, began = self.account, time.monotonic()
        answer = self._send(method, account["api_base"] + path, params, account["secret_key"], key)
        try:
            body: Json = answer.json()
        except ValueError:
            body = {"error": {"message": f"Farthing answered {answer.status_code} and no JSON."}}
        if order:
            took = round((time.monotonic() - began) * 1000)
            self._store.note_call(order, method, path, params, answer.status_code, body, took)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, body.get("error") or {})
        return body

    def _send(self, method: str, url: str, params: Json, secret: str, key: str) -> Any:
        import httpx2  # slow to import, and a network that nobody buys over does without

        with self._lock:
            self._client = self._client or httpx2.Client(trust_env=False, timeout=30)
        headers = {"Idempotency-Key": key} if key else {}
        given = {"params" if method == "GET" else "data": params} if params else {}
        for pause in (*(_PAUSES if key or method == "GET" else ()), None):
            try:
                return self._client.request(method, url, auth=(secret, ""), headers=headers, **given)
            except httpx2.TransportError:
                if pause is None:
                    raise Closed("Farthing does not answer. It is starting, or it was stopped.") from None
                time.sleep(pause)
        raise AssertionError
