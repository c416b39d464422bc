"""Approvals: what one person puts forward and another lets happen.

Owns proposals, the decisions on them, what became of carrying them out, and the policy that says
who may do either. Does not know what a proposal does: rooms above register kinds that prepare it.
"""
