"""Subscriptions and agreed prices on screen. Owns views, forms and addresses, no rule."""
