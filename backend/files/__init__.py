"""Files that a merchant uploads, and links that show them to anybody."""
