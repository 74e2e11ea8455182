"""Where an unexpected error came from, for the log: its kind and the lines it passed, never a value or a message."""

import traceback
from pathlib import Path


def where(error: BaseException) -> str:
    """For example `KeyError at line.py:118 < authorize.py:40`: innermost first, at most six places."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"
