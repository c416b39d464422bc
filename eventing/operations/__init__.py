"""The verbs of facts out: give them their places, deliver them, keep endpoints."""
