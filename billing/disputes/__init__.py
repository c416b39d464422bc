"""Disputes: what a customer says is wrong, what would be right if so, who decided, and the answer.

A case has lines, each about one line of an issued invoice. Its state is worked out of them and of
its last message. Nothing here changes an invoice: what is granted becomes a proposal.
"""
