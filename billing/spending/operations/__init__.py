"""Setting limits, and looking at what was spent."""
