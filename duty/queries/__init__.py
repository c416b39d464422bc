"""What is read of pauses, looks and releases."""
