"""Registers the app."""

from django.apps import AppConfig


class EventingConfig(AppConfig):
    name = "eventing"
    label = "eventing"
