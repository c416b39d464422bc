"""Registers the app and keeps the role groups in place."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        post_migrate.connect(_make_role_groups, sender=self, dispatch_uid="accounts.roles")


def _make_role_groups(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, the roles are there."""
    from django.contrib.auth.models import Group

    from accounts.permissions import Role

    for role in Role:
        Group.objects.using(using).get_or_create(name=role.value)
