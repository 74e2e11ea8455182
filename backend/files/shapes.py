"""The public objects of uploads, and what each purpose takes; pure. Source: the official SDKs' types."""

from backend.objects import METADATA, boolean, enum, expandable, integer, null, of, string, sub_list, table, time

KIB, MIB = 1024, 1024 * 1024
_PAPERS = ("jpg", "pdf", "png")
PURPOSES: dict[str, tuple[int, tuple[str, ...]]] = {
    "account_requirement": (10 * MIB, _PAPERS), "additional_verification": (10 * MIB, _PAPERS),
    "business_icon": (512 * KIB, ("gif", "jpg", "png")), "business_logo": (512 * KIB, ("gif", "jpg", "png")),
    "customer_signature": (4 * MIB, _PAPERS), "dispute_evidence": (5 * MIB, _PAPERS),
    "identity_document": (10 * MIB, _PAPERS), "pci_document": (5 * MIB, ("pdf",)),
    "platform_terms_of_service": (5 * MIB, ("pdf",)), "tax_document_user_upload": (5 * MIB, ("csv", *_PAPERS)),
}
"""Purpose of an upload -> (the most bytes, the types)."""
BYTES_MAX = max(most for most, _ in PURPOSES.values())

MEDIA = {"csv": "text/csv", "gif": "image/gif", "jpg": "image/jpeg", "pdf": "application/pdf", "png": "image/png"}
"""Type -> media type."""
_BEGINS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF87a", "gif"),
           (b"GIF89a", "gif"))

FILE = table("file", "A file that the merchant uploaded.", {
    "created": of("created_at", time),
    "expires_at": null(time),
    "filename": null(string),
    "links": sub_list("file_link"),
    "purpose": enum(*PURPOSES),
    "size": integer,
    "title": null(string),
    "type": null(string),
    "url": null(string),
})
FILE_LINK = table("file_link", "An address at which anybody may fetch a file, until it expires.", {
    "created": of("created_at", time),
    "expired": boolean,
    "expires_at": null(time),
    "file": expandable("file"),
    "livemode": boolean,
    "metadata": METADATA,
    "url": null(string),
})


def type_of(name: str, begin: bytes, text: bool) -> str | None:
    """What a file is, by how it begins; `text`, in which no zero byte is, whose name says so is csv. None for all that
    we do not know."""
    found = next((type for first, type in _BEGINS if begin.startswith(first)), None)
    if found is None and name.lower().endswith(".csv") and text:
        return "csv"
    return found
