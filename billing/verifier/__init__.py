"""The offline verifier: a second, independent way to every amount.

It shares no code with `billing.rating`, imports nothing but Python's standard library (and
`cryptography` for signatures, where it is there), and is run with `python -m billing.verifier FILE`
or, packed into one file by `manage.py verify_charge --pack FILE`, on any machine with Python. The
same arithmetic is the shadow rater that checks what was billed.
"""
