"""Read shapes of billing for screens, API and runs: plain dataclasses, few queries."""
