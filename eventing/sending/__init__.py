"""Sending over the network: which addresses, one POST within bounds, how it is signed.

Knows no table: values in, values out.
"""
