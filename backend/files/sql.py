"""Statements of files beyond those of a plain table of documents."""

from sqlalchemy import text

CONTENT_INSERT = text("INSERT INTO pay.file_content (env, file_id, content) VALUES (:env, :file, :content)")
CONTENT = """
SELECT f.doc->>'filename' AS name, f.doc->>'type' AS type, c.content
  FROM pay.file f JOIN pay.file_content c ON (c.env, c.file_id) = (f.env, f.id)
 WHERE f.env = %s AND f.id = %s AND f.deleted_at IS NULL
"""
LINKS_OF_FILES = """
SELECT row FROM (
  SELECT r.doc || jsonb_build_object('env', r.env, 'id', r.id, 'created_at', r.created_at, 'deleted_at', r.deleted_at)
         AS row, row_number() OVER (PARTITION BY file_id ORDER BY created_at DESC, id DESC) AS place
    FROM pay.file_link r WHERE r.env = %s AND r.file_id = ANY(%s)) newest
 WHERE place <= 11 ORDER BY place
"""
