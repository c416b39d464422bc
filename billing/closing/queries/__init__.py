"""What closing reads: revenue by month, the five totals, what is missing."""
