"""The kinds of mails; each has its one writer in `backend/receipts/letters.py`."""

from enum import StrEnum


class Kind(StrEnum):
    """What a mail tells of; its object is what it is about."""

    RECEIPT = "receipt"
    """A payment succeeded; its charge."""
    REFUND = "refund_receipt"
    """Money went back; the refund."""
    ENDPOINT_DISABLED = "endpoint_disabled"
    """We gave a webhook endpoint up; the endpoint."""
