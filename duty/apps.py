"""Registers the app."""

from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "duty"
    label = "duty"
    verbose_name = "On call"
