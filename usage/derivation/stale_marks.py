"""Which marks of stale usage concern whom."""

CONCERNS = """(
    stale.account_id = ANY(%(concerned)s)
    OR EXISTS (SELECT FROM accounts_resourceownership AS owner
               WHERE owner.resource_id = stale.resource_id
                 AND owner.account_id = ANY(%(concerned)s))
)"""
"""Whether a mark concerns accounts: one of theirs, or of a resource they ever owned. Asked of each
mark, of which there are seldom any, and not of all the resources of the accounts."""
