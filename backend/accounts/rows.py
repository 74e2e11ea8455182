"""When a key was used last, as `core.api_keys_used` takes it."""

from backend import rows
from backend.rows import Row, Time


class Use(Row):
    """One key's last use."""

    id: str
    at: Time
    ip: str


USE = rows.whole(Use)
