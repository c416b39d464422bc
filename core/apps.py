"""Registers the app, finds every app's invariants and adds the system checks."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "core"
    label = "core"

    def ready(self) -> None:
        import core.checks
        import core.db.fast_instants
        import core.db.invariants
        import core.db.limits
        import core.db.lookups  # noqa: F401  so that every query knows it
        from core.db.history_guard import guard_tracked_models

        guard_tracked_models()
        autodiscover_modules("invariants")
