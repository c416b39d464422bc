"""Wires the project together: settings, URLs, Celery, WSGI. Knows every app, known by none."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
