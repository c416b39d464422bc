"""What is done with disputes; one call is one transaction."""
