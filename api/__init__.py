"""The machines' door: REST for partners, and tokens to enter by.

Translates a request, calls one operation or query, translates back; the errors of the domain become
problem documents here and nowhere else. Owns no rule, and never meets the console.
"""
