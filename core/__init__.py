"""The shared vocabulary: money, periods, ids, errors, readers, actor and history, leases.

`core.db` has the one way to lock, to write many rows, to page. Does not own a fact of the trade:
nothing here knows an account, an event or an invoice.
"""
