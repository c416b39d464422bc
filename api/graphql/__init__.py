"""The graph: the same reads as REST's, as one question. Doors translate; what may be read is said
once for each kind (`kinds`), and every way to a row goes through it.
"""
