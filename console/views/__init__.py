"""Screens: each view checks the permission, asks one query, renders."""
