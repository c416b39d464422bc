"""Read shapes over all rooms."""
