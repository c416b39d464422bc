"""Registers the room."""

from django.apps import AppConfig


class ParallelRunConfig(AppConfig):
    name = "billing.parallel_run"
    label = "parallel_run"
