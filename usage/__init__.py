"""Events in, quarantine, meters, intervals, roll-ups."""
