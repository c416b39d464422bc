"""Starts what Counterfoil needs on one machine: PostgreSQL, Valkey, and for the demo all the rest.

Owns: processes, sockets, directories and locks. Does not own what runs in them: `python -m demo`
tells the demo's story, and settings come from config. Never used in production.
"""
