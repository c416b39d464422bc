"""System checks for rules a model can break by forgetting them."""

from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db import models

from core.db.immutability import append_only_triggers, no_truncate
from core.db.models import AppendOnly, Tracked
from core.db.tracking import TrackedQuerySet


@register
def append_only_tables_carry_their_triggers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """An AppendOnly model whose Meta dropped the triggers would be editable."""
    needed = {trigger.name for trigger in append_only_triggers()}
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if issubclass(model, AppendOnly):
            carried = {trigger.name for trigger in getattr(model._meta, "triggers", [])}
            if not needed <= carried:
                found.append(
                    Error(
                        f"{model._meta.label} is AppendOnly but lacks its triggers.",
                        hint="Derive its Meta from AppendOnly.Meta and keep Meta.triggers.",
                        obj=model,
                        id="core.E001",
                    )
                )
    return found


@register
def guards_ask_no_session(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A plain pgtrigger.Trigger does nothing for a session that sets pgtrigger.ignore."""
    return [
        Error(
            f"{model._meta.label}: the trigger {trigger.name} can be ignored by any session.",
            hint="Use core.db.immutability.Always or Refuse.",
            obj=model,
            id="core.E003",
        )
        for model, trigger in pgtrigger.registered()
        if "should_ignore" in str(trigger.compile(model).install_sql)
    ]


@register
def rows_that_stay_cannot_be_truncated(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """TRUNCATE asks no row trigger: a table that guards its rows refuses it, too."""
    needed = no_truncate().name
    guarded = {
        model
        for model, trigger in pgtrigger.registered()
        if "DELETE" in str(trigger.operation) or "UPDATE" in str(trigger.operation)
    }
    return [
        Error(
            f"{model._meta.label} guards its rows but may be emptied by TRUNCATE.",
            hint="Add core.db.immutability.no_truncate() to Meta.triggers.",
            obj=model,
            id="core.E004",
        )
        for model in guarded
        if needed not in {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    ]


@register
def tracked_models_keep_their_guard(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A Tracked model whose default manager allows update() would change without history."""
    return [
        Error(
            f"{model._meta.label} is Tracked but its default manager is not guarded.",
            hint="Build the manager from core.db.tracking.TrackedQuerySet.",
            obj=model,
            id="core.E002",
        )
        for model in apps.get_models()
        if issubclass(model, Tracked) and not is_guarded(model)
    ]


def is_guarded(model: type[models.Model]) -> bool:
    """Whether a model's default manager refuses writes that leave no history."""
    return isinstance(model._default_manager.all(), TrackedQuerySet)
