"""Whoever is on call: queues that are paused, what was last seen of the books, releases that serve.

Owns when a queue's tasks are left alone and why, the looks at the invariants, and when which
release began to serve. Does not own what a task does or what an invariant says.
"""
