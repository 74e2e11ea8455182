-- Every environment's files lie in pieces.
DROP TABLE pay.file_content;
