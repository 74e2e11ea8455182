"""A certificate of a made-up authority, for servers of tests that speak TLS."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Files: what the server shows, its key, and the authority that a client must trust."""

    chain: Path
    key: Path
    authority: Path


def certified(folder: Path, name: str) -> Certificate:
    """A certificate for the host `name`, valid for a day."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of tests")])
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    trusted = _begun(root, root, ours.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(ours, hashes.SHA256())
    shown = _begun(host, root, theirs.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(ours, hashes.SHA256())
    made = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    made.chain.write_bytes(shown.public_bytes(serialization.Encoding.PEM))
    made.authority.write_bytes(trusted.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(theirs.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
    return made


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1)))
