"""What pages and operations read of spending."""
