"""`python -m sandbox` runs the sandbox network; `python -m sandbox journal --json` prints what its acquirers know."""

import argparse
import json
import os
import sys
from pathlib import Path

from sandbox import settings as settings_file
from sandbox.books import Books
from sandbox.journal import JournalError, read


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 after a clean stop, 1 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--data", help="data folder (default: FARTHING_DATA or .data)")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="run the network (default)")
    show = commands.add_parser("journal", help="print the current view of the acquirers' journals")
    show.add_argument("--json", action="store_true", help="one JSON array")
    show.add_argument("--data", dest="journal_data", help="data folder")
    options = parser.parse_args(arguments)
    try:
        settings = settings_file.from_environment(os.environ, getattr(options, "journal_data", None) or options.data)
        if options.command == "journal":
            return _print_journal(settings.data, options.json)
        from sandbox.run import run  # the network stack is not needed to print a journal

        return run(settings)
    except (JournalError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _print_journal(data: Path, as_json: bool) -> int:
    rows = []
    for path in sorted((data / "sandbox").glob("*.journal.jsonl")):
        books = Books(path.name.removesuffix(".journal.jsonl"))
        for record in read(path)[0]:
            books.apply(record)
        rows += books.view()
    if as_json:
        json.dump(rows, sys.stdout)
        print()
        return 0
    for row in rows:
        print("  ".join(str(row[name] if row[name] is not None else "-") for name in row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
