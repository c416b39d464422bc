"""Simulations on screen."""
