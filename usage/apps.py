"""Registers the app."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "usage"
    label = "usage"
