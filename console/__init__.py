"""The people's door: support and finance screens."""
