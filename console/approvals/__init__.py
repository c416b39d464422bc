"""Two persons, in the console: what waits for a decision, one proposal, and putting one forward."""
