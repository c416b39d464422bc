"""From usage to an issued invoice: drafting, late usage, bill runs, numbers, proofs."""
