"""The demo: a played cloud platform and the command that sends its month through the real doors.

Outermost of the house: it may import everything and nothing may import it.
"""
