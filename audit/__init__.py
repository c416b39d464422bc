"""Whether what was written down is still what it was: seals over history and facts.

Owns the seals and how they are checked. Does not own what history says (core.db) or what must hold
of the rows between each other (each room's invariants).
"""
