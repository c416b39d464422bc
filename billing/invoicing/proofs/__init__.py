"""Showing that a bill is right: the second rater over issued invoices, and signatures of proofs."""
