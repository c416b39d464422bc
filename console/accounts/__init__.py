"""Accounts and resources on screen: overview, bill so far, history, apps and their months.

Owns views, addresses and words. What they show is asked of billing.overview and the rooms below it.
"""
