"""Papers: what a customer is given of an invoice, a credit note or a void, in every format.

Owns what is on a paper, how it is set, kept and shown to be the same for ever. Does not own an
amount: each was posted by invoicing or receivables, and nothing is added up here but sums of
posted amounts that are printed below each other.
"""
