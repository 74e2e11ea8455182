"""ISO 4217: number on the wire (field 49) to letters in the journal, from currencies.json."""

import json
from pathlib import Path

NUMERIC: dict[str, str] = json.loads((Path(__file__).parent / "currencies.json").read_text())
"""Upper-case letters -> three digits. 532 is XCG: it took over the number of ANG in 2025."""

ALPHA = {number: letters for letters, number in NUMERIC.items()}
