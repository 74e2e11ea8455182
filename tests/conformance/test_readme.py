"""Every block of the README, copied as it stands and run in its order; the last one is paid in a browser."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.checkout import BUTTON, fill
from tests.browser.chromium import launched, visiting
from tests.readers import Reader
from tests.stack import ROOT, Stack

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def copied(stack: Stack) -> str:
    """The blocks as one session of a shell. `make` only says what it would do: it would start what is here already."""
    lines = []
    for language, code in BLOCKS:
        if language == "python":
            lines.append(f".venv/bin/python - <<'END'\n{code}END")
        elif language == "sh":
            lines.append(re.sub(r"^make ", f"make -n -C {ROOT} ", code, flags=re.MULTILINE))
    text = "\n".join(f"{one}\necho; echo ----" for one in lines)
    return re.sub(r"\bcurl ", "curl -sS ", text).replace("localhost:8420", f"localhost:{stack.port}")


@pytest.fixture
def printed(stack: Stack, tmp_path: Path) -> list[str]:
    """What each block prints, for a reader in a folder with the data folder and the environment of `make run`."""
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "sandbox.json").write_text(json.dumps(stack.values))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    reader = Reader(stack, tmp_path)
    found = reader.shell(copied(stack)).split("----\n")
    return [one.strip() for one in found[:-1]]


async def test_every_block_runs_in_its_order_and_ends_on_a_page_that_says_paid(printed: list[str]) -> None:
    assert all(language in ("sh", "python", "") for language, _ in BLOCKS)
    shown = dict(zip([code for language, code in BLOCKS if language], printed, strict=True))
    answers = [json.loads(said[said.index("{"):]) for code, said in shown.items() if "curl" in code]
    paid, declined, session = answers
    assert paid["status"] == "succeeded"
    assert declined["error"]["decline_code"] == "insufficient_funds"
    assert [said for code, said in shown.items() if "import json, stripe" in code] == ["succeeded"]
    async with launched() as browser, visiting(browser) as page:
        await page.goto(session["url"])
        await fill(page)
        await page.click(BUTTON)
        await expect(page.get_by_role("heading", name="Payment complete")).to_be_visible()
        await expect(page.locator(".receipt")).to_contain_text("Paid")
        assert session["id"] in page.url


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"`make ([a-z-]+)`", README))
    assert len(targets) >= 8
    for one in sorted(targets):
        assert subprocess.run(["make", "-n", "-C", ROOT, one], capture_output=True).returncode == 0, one


def test_every_file_it_leads_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) >= 10
    assert [one for one in links if not (ROOT / one).exists()] == []
