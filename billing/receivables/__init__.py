"""What is owed and what was paid: payments, settlements, refunds, write-offs, holds, ageing.

Knows invoices and credit notes and never changes one: what is open of an invoice is its total less
the settlements that point at it. Does not own how an invoice came about, nor the journals' form.
"""
