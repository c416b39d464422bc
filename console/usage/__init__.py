"""Events, corrections, quarantine, backfills, late usage on screen.

Owns views, forms and words. Deciding is the operations' part, with a preview by the same code.
"""
