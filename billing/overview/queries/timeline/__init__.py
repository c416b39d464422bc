"""Everything that happened to an account on one line of time, merged from sources.

A source says where its rows stand in time and how each reads; `page` merges them. A room that has
something to tell adds a source to the tuple of its kind, and nothing else changes.
"""
