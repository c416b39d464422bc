"""Enterprise licences: what was agreed for a term, and the pools that use is drawn from.

Owns quotes, licences, their commitments, buckets and movements. Knows no invoice: what an invoice
draws is asked by `billing.invoicing.drafting` and written down when it is issued.
"""
