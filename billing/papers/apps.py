"""Registers the room."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "billing.papers"
    label = "papers"
