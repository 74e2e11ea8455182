"""Where log lines go: a descriptor whose disk may be full or gone without anybody noticing but a counter.

A line that cannot be written is dropped and counted; the next that can be says how many there were. Nothing is kept in
memory, and nothing is raised: whoever logs has more important things to do.
"""

import os
import threading

import orjson


class Sink:
    """Writes whole lines to a descriptor."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._torn = False
        self._untold = 0
        self.dropped = 0
        self.failing = False
        """True after the last line could not be written."""

    def write(self, line: bytes) -> int:
        """Write one line with its end, or drop it; answers its length either way."""
        with self._lock:
            told = self._untold
            head = b"\n" if self._torn else b""  # the rest of a line that was cut off
            if told:
                head += orjson.dumps({"event": "log_lines_dropped", "level": "warning", "lines": told}) + b"\n"
            self.failing = not self._written(head + line)
            if self.failing:
                self.dropped += 1
                self._untold += 1
            else:
                self._untold -= told
        return len(line)

    def flush(self) -> None:
        """Nothing is held back."""

    def _written(self, data: bytes) -> bool:
        sent = 0
        try:
            while sent < len(data):
                sent += os.write(self._fd, data[sent:])
        except OSError:
            self._torn = self._torn or sent > 0
            return False
        self._torn = False
        return True
