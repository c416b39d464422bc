"""What of limits two people decide."""
