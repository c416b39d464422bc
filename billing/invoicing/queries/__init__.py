"""Read shapes of invoicing for screens, API and runs: plain dataclasses, few queries."""
