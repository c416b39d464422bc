"""Files of a bank: reading their rows, and finding whose money each row is.

Reads and finds; what is booked is `operations.bank_files`.
"""
