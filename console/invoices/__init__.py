"""Invoices, lines explained, proofs on screen; `wording` owns every sentence about a charge.

Does not own a figure: each comes from the invoice, or from the steps its lines were rated in.
"""
