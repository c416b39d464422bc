"""Registers the room."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "billing.contracts"
    label = "contracts"
