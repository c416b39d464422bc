"""Which tables are sealed, how far, and whether the seals still fit."""
