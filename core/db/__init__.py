"""What every app's tables and transactions share."""
