"""What the console says of a charge: its steps, formula, line and evidence, and in plain words.

Owns the sentences and formats of the people's door. The steps themselves and their words for
machines, which proofs and quotes carry, are `billing.rating`'s. Nothing here works an amount out
again. Pure: no Django, no clock.
"""
