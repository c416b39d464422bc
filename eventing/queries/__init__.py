"""What is read of facts out; plain values, and nothing is written."""
