"""What the books say, as read."""
