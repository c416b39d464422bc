"""What is owed, in the console: receivables by age, and an account's statement."""
