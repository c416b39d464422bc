"""What is done with licences: each call is one transaction, with its history and its facts."""
