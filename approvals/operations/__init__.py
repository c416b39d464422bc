"""Put forward, decide and carry out: one call is one transaction."""
