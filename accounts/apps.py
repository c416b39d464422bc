"""Registers the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        # Facts stand below and cannot know who reads whose.
        from accounts.hearing import readers_of
        from eventing import audience

        audience.register(readers_of)
