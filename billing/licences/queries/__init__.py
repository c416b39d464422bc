"""What is read of licences; nothing here writes."""
