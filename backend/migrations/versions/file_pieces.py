"""Uploaded files lie in pieces."""

from backend.migrations.files import run, run_in_each

revision = "file_pieces"
down_revision = "older_ways"


def upgrade() -> None:
    run("3000_file_pieces.sql")
    run_in_each("3001_file_pieces_of_before.sql")
    run("3002_no_whole_files.sql")
