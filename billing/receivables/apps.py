"""Registers the room."""

from django.apps import AppConfig


class ReceivablesConfig(AppConfig):
    name = "billing.receivables"
    label = "receivables"
