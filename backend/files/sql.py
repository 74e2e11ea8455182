"""Statements of files beyond those of a plain table of documents."""

from sqlalchemy import text

PIECE_INSERT = text("INSERT INTO pay.file_piece (env, file_id, no, content) VALUES (:env, :file, :no, :content)")
PIECE = "SELECT content FROM pay.file_piece WHERE env = %s AND file_id = %s AND no = %s"
LINKS_OF_FILES = """
SELECT row FROM (
  SELECT r.doc || jsonb_build_object('env', r.env, 'id', r.id, 'created_at', r.created_at, 'deleted_at', r.deleted_at)
         AS row, row_number() OVER (PARTITION BY file_id ORDER BY created_at DESC, id DESC) AS place
    FROM pay.file_link r WHERE r.env = %s AND r.file_id = ANY(%s)) newest
 WHERE place <= 11 ORDER BY place
"""
