"""Registers the room."""

from django.apps import AppConfig


class LegacyConfig(AppConfig):
    name = "billing.legacy"
    label = "legacy"
