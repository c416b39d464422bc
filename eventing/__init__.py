"""Facts out: what happened, written with the change it tells of.

Owns the outbox and its order. Does not own who reads it, nor what a fact means.
"""
