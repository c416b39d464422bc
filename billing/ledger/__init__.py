"""The books: chart of accounts, journals that balance. Knows no invoice."""
