"""Disputes: the list, the page of one, and the form that contests a charge."""
