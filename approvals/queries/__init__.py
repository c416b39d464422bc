"""What is read of proposals."""
