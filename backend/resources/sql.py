"""The statements of one table of documents; the table itself is made by `core.resource_table` in the migrations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import text

from backend.pages import Listing, keyset
from backend.search import Field, Searchable

ROW = "r.doc || jsonb_build_object('env', r.env, 'id', r.id, 'created_at', r.created_at, 'deleted_at', r.deleted_at)"


@dataclass(frozen=True)
class Statements:
    """The statements of `table`; `filters` maps a list parameter to its condition, which binds it by name."""

    table: str
    filters: dict[str, str] = field(default_factory=dict)

    @cached_property
    def insert(self) -> Any:
        return text(f"INSERT INTO {self.table} (env, id, doc, created_at) "  # noqa: S608 - tables are constants
                    "VALUES (:env, :id, CAST(:doc AS jsonb), :created_at) ON CONFLICT DO NOTHING")

    @cached_property
    def lock(self) -> Any:
        return text(f"SELECT {ROW} FROM {self.table} r "  # noqa: S608
                    "WHERE env = :env AND id = :id AND deleted_at IS NULL FOR NO KEY UPDATE")

    @cached_property
    def read(self) -> Any:
        """Inside a transaction, without a lock."""
        return text(f"SELECT {ROW} FROM {self.table} r WHERE env = :env AND id = :id")  # noqa: S608

    @cached_property
    def save(self) -> Any:
        return text(f"UPDATE {self.table} SET doc = CAST(:doc AS jsonb), "  # noqa: S608
                    "deleted_at = CAST(:deleted_at AS timestamptz) WHERE env = :env AND id = :id")

    @cached_property
    def many(self) -> str:
        return f"SELECT {ROW} AS row FROM {self.table} r WHERE env = %s AND id = ANY(%s)"  # noqa: S608

    @cached_property
    def find(self) -> Listing:
        return keyset(f"SELECT {ROW} AS row FROM {self.table} r "  # noqa: S608
                      "WHERE env = %(env)s AND deleted_at IS NULL", self.table, "r", filters=self.filters)

    def searchable(self, fields: Mapping[str, Field]) -> Searchable:
        return Searchable(f"SELECT {ROW} AS row FROM {self.table} r WHERE env = %(env)s "  # noqa: S608
                          "AND deleted_at IS NULL", self.table, "r", "r.doc->'metadata'", fields)


def of_doc(**kinds: str) -> dict[str, Field]:
    """Fields of the document by their kinds; `created` is there always."""
    casts = {"boolean": "::boolean", "number": "::bigint"}
    return {"created": Field("r.created_at", "time"),
            **{name: Field(f"(r.doc->>'{name}'){casts.get(kind, '')}", kind) for name, kind in kinds.items()}}
