"""Settings by environment: base, and development, test and production on top of it."""
