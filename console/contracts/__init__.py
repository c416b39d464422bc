"""Subscriptions and agreed prices on screen."""
