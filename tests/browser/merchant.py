"""A merchant's own site for tests: a few pages on an origin that is none of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_TYPES = {"js": "text/javascript"}


class Merchant:
    """Pages by their path, and where they are."""

    def __init__(self, port: int) -> None:
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.base = f"http://shop.localhost:{port}"

    def put(self, path: str, text: str) -> str:
        """A page or script; returns its address."""
        self.pages[path] = text
        return self.base + path


@contextmanager
def selling() -> Iterator[Merchant]:
    """A site that answers while the context lasts."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = merchant.pages.get(self.path.partition("?")[0])
            body = (found or "").encode()
            self.send_response(200 if found is not None else 404)
            ending = self.path.partition("?")[0].rpartition(".")[2]
            self.send_header("Content-Type", f"{_TYPES.get(ending, 'text/html')}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in merchant.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    merchant = Merchant(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield merchant
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
