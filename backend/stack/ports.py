"""TCP ports on the loopback: which are free, who holds one, and whether a process answers on it."""

import http.client
import socket
from contextlib import suppress

from backend.stack.trouble import Trouble

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """True when this process could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(port: int, variable: str) -> None:
    """Refuse with one sentence when somebody already listens on `port`, which `variable` sets."""
    if not is_free(port):
        raise Trouble(f"Port {port} is already taken{_holder(port)}: stop that program, or set {variable} to "
                      "another number.")


def _holder(port: int) -> str:
    """' by NAME (process 123)' where the system lets us see it, else nothing."""
    import psutil

    with suppress(psutil.Error, OSError):
        for link in psutil.net_connections("tcp"):
            if link.status == psutil.CONN_LISTEN and link.laddr.port == port and link.pid:
                return f" by {psutil.Process(link.pid).name()} (process {link.pid})"
    return ""


def answers(port: int, path: str = "/healthz") -> bool:
    """True when an HTTP server on `port` answers `path` with 200 within a second."""
    link = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        link.request("GET", path)
        return link.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
