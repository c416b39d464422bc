"""Documents on screen: how far their making is, one to take away, and the page a code leads to.

Does not own what is on a paper: that is billing.papers.
"""
