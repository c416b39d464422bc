"""What people and jobs do with money that is owed; each call is one transaction."""
