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

        from django.contrib.auth.signals import user_logged_in

        from accounts.middleware import sign_in_is_seen

        user_logged_in.connect(sign_in_is_seen, dispatch_uid="accounts.session_limits")
