"""The verbs of usage: events are taken in, held, corrected, sent anew; meters are defined.

One call is one transaction with its history. Does not own what an event looks like (envelope), nor
the figures that follow from it (derivation).
"""
