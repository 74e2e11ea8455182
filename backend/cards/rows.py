"""What the vault keeps of a card beside its number, as `vault.card_keep` takes it."""

from backend import rows
from backend.rows import Json, Row


class Facts(Row):
    """Names as in `vault.card`; `created` is in seconds since 1970."""

    account: str
    created: int
    last4: str
    brand: str
    exp_month: int
    exp_year: int
    country: str
    funding: str
    fingerprint: str
    networks: Json
    three_ds: str
    allow_redisplay: str
    billing_details: Json
    metadata: Json
    iin: str | None


FACTS = rows.whole(Facts)
