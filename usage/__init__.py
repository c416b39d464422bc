"""How much of what was used by whom: events in, quarantine, meters, intervals, roll-ups.

Owns that an event counts once for ever, and every quantity a bill reads. Does not own prices,
subscriptions or bills: whether an event can be billed is asked of a gate that billing answers.
"""
