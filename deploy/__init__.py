"""How Counterfoil is started: on one's own machine (local) and in production (the files here)."""
