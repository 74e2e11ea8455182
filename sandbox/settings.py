"""Settings of the sandbox network, read once from the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
ACQUIRERS = ("alder", "birch")


@dataclass(frozen=True, slots=True)
class Settings:
    """`port` is the HTTP port; the acquirers listen on port + 10 and port + 11. `frame_ancestors` are the origins
    that may show the 3-D Secure pages in a frame; those of shops stand around them. The demo shop has a port of its
    own: webhooks go there, and never to the network's."""

    data: Path = Path(".data")
    port: int = 8422
    bank_base: str = "http://bank.localhost:8422"
    frame_ancestors: tuple[str, ...] = ("http://pay.localhost:8420", "http://js.localhost:8421")
    shop_port: int = 8423
    shop_base: str = "http://shop.localhost:8423"

    @property
    def acquirer_ports(self) -> dict[str, int]:
        """Acquirer -> TCP port."""
        return {name: self.port + 10 + number for number, name in enumerate(ACQUIRERS)}


def from_environment(environment: Mapping[str, str] = os.environ, data: str | None = None) -> Settings:
    """FARTHING_DATA, SANDBOX_PORT, SHOP_PORT, BANK_BASE, PAY_BASE, ELEMENTS_BASE, SHOP_BASE; ValueError with a sentence
    for the operator."""
    port = _port(environment, "SANDBOX_PORT", 8422, 65500)
    shop = _port(environment, "SHOP_PORT", port + 1, 65535)
    pay = environment.get("PAY_BASE") or f"http://pay.localhost:{environment.get('PORT') or 8420}"
    elements = environment.get("ELEMENTS_BASE") or f"http://js.localhost:{environment.get('VAULT_PORT') or 8421}"
    return Settings(Path(data or environment.get("FARTHING_DATA") or ".data"), port,
                    environment.get("BANK_BASE") or f"http://bank.localhost:{port}",
                    (pay.rstrip("/"), elements.rstrip("/")), shop,
                    (environment.get("SHOP_BASE") or f"http://shop.localhost:{shop}").rstrip("/"))


def _port(environment: Mapping[str, str], name: str, default: int, greatest: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= greatest:
        raise ValueError(f"{name} must be a port number from 1 to {greatest}, not {text!r}.")
    return int(text)


def issuer_secret(data: Path) -> bytes:
    """The issuer's own key in {data}/sandbox/issuer.key, made at the first start; it signs authentication values."""
    path = data / "sandbox" / "issuer.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) != 32:
            raise ValueError(f"The key file {path} is damaged; delete it to get a new one.") from None
        return secret
    secret = secrets.token_bytes(32)
    with os.fdopen(fd, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
