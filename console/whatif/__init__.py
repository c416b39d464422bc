"""Simulations on screen: asked, watched, read, saved as a file. Owns no comparison."""
