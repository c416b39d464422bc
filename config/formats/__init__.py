"""How days and times are written and read, by language."""
