"""Invoices of another billing system: read, balanced, kept beside ours, and handed over from.

The pure parts come first: `rows` is what every reader gives, `mapping` what the people who migrate
decided, `amounts` how a source writes money, `readers` one module for each system, `balance` what
must add up before anything is stored. `models` and `operations` keep what was read. Usage that is
billed here for comparison is the parallel run's, which reads FOCUS.
"""
