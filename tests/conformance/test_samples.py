"""Every curl, Python, Node and SQL sample of the README and the guides runs as it stands, but for keys and ids."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.main import get_command

import farthing
from tests.readers import Reader, blocks, documents
from tests.stack import ROOT, Stack

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
_IDS = {"ch": "CHARGE", "cs_test": "CHECKOUT_SESSION", "cus": "CUSTOMER", "evt": "EVENT", "pi": "PAYMENT_INTENT",
        "pm": "PAYMENT_METHOD", "price": "PRICE", "re": "REFUND", "txr": "TAX_RATE", "we": "WEBHOOK_ENDPOINT"}
_HELD = ("payment_method=pm_card_visa", "confirm=true", "capture_method=manual", "amount=2000", "currency=usd",
         "payment_method_options[card][request_incremental_authorization]=if_available",
         "payment_method_options[card][request_multicapture]=if_available")
_SHOP = """
import os, stripe, time, types
client = stripe.StripeClient(os.environ["KEY"], base_addresses={"api": "http://localhost:8420"})
body = b'{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "data": {"object": {"object": \
"checkout.session", "payment_status": "paid", "client_reference_id": "order 77"}}}'
now = int(time.time())
signed = stripe.WebhookSignature._compute_signature(f"{now}.{body.decode()}", "whsec_…")
headers = {"Stripe-Signature": f"t={now},v1={signed}"}
app = types.SimpleNamespace(post=lambda path: lambda view: view)
request, delivered = types.SimpleNamespace(data=body, headers=headers), []
deliver = delivered.append
"""
"""What a shop's own program has around a sample: a web framework, a delivery of ours, goods to be sent."""
_AFTER = """
if "webhook" in dir():
    assert webhook() == ("", 200) and delivered == ["order 77"]
if "event" in dir():
    assert event.type == "checkout.session.completed"
"""


@pytest.fixture
def reader(stack: Stack, tmp_path: Path) -> Reader:
    one = Reader(stack, tmp_path)
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "sandbox.json").write_text(json.dumps(stack.values | {"api_base": stack.api_base}))
    return one


def _own(reader: Reader, source: str) -> str:
    """The sample with the reader's key and ids in place of `sk_test_…` and `pi_…`."""
    source = source.replace("sk_test_…", reader.stack.secret_key)
    for prefix, name in _IDS.items():
        if f"{prefix}_…" in source:
            reader.mine.pop(name, None)
            reader.have([name], _HELD if "/capture" in source else ())
            source = source.replace(f"{prefix}_…", reader.mine[name])
    return source


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_commands_of_a_document_run(document: Path, reader: Reader) -> None:
    found = [one for one in blocks(document.read_text(encoding="utf-8"), "sh") if "curl" in one or "=$(" in one]
    printed = reader.shell("\n".join(_own(reader, one).replace("curl ", "curl -s -w '\\n' ") for one in found))
    answers = documents(printed)
    assert len(answers) == sum(len(re.findall(r"^curl ", one, re.MULTILINE)) for one in found)
    declined = document.read_text(encoding="utf-8").count("_chargeDeclined") if document.stem == "README" else 0
    assert sum("error" in answer for answer in answers) == declined, answers


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_the_programs_of_a_document_run(document: Path, reader: Reader) -> None:
    found = blocks(document.read_text(encoding="utf-8"), "python")
    reader.python("\n".join([_SHOP, *(_own(reader, one) for one in found), _AFTER]))


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if blocks(path.read_text(encoding="utf-8"), "js")],
                         ids=lambda path: path.stem)
def test_the_node_programs_of_a_document_run(document: Path, reader: Reader) -> None:
    found = [_own(reader, one) for one in blocks(document.read_text(encoding="utf-8"), "js")]
    said = re.findall(r"console\.log\(.*\);  // (\w+)$", "\n".join(found), re.MULTILINE)
    printed = reader.node("\n".join([*found, "stripe.accounts.retrieveCurrent().then((own) => console.log(own.id));"]))
    assert sorted(printed.split()) == sorted([*said, reader.stack.values["account"]])


def test_the_queries_of_a_document_run(stack: Stack) -> None:
    found = blocks((ROOT / "docs" / "operate" / "audit.md").read_text(encoding="utf-8"), "sql")
    with psycopg.connect(stack.urls.auditor) as link:
        paid, env = link.execute("SELECT id, env FROM pay.payment LIMIT 1").fetchone() or ("", 0)
        rows = [link.execute(one.replace("pi_…", paid).replace("env = 3", f"env = {env}")).fetchall() for one in found]
    assert rows
    assert all(rows)


def test_the_commands_of_operators_are_known() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (*DOCUMENTS, *(ROOT / "docs").rglob("*.md")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = [shlex.split(line, comments=True) for code in blocks(text, "sh") for line in code.splitlines()
             if re.match(r"make |farthing |\S*python -m farthing ", line)]
    made = {words[1] for words in lines if words[:1] == ["make"]}
    assert made
    assert made <= targets
    told = [words[words.index("farthing") + 1:] for words in lines
            if words[:1] == ["farthing"] or words[1:3] == ["-m", "farthing"]]
    assert len(told) >= 20
    for arguments in told:
        understood(get_command(farthing.commands()), "farthing", arguments)


def understood(command: Any, name: str, arguments: list[str]) -> None:
    """Parse a command line as the command would, down to its last word; raises what it would answer."""
    context = command.make_context(name, list(arguments))
    if hasattr(command, "commands"):
        called, deeper, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        understood(deeper, called, rest)


def test_the_samples_are_found() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert len(blocks(text, "sh")) >= 9
    assert len(blocks(text, "python")) >= 4
