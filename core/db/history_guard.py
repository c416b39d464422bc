"""No change of a tracked row without its history, whatever door it came through.

At commit PostgreSQL compares what stands in the table with the newest history row of it: an
`update()`, a bulk write or a statement by hand that wrote no history, and so named nobody and gave
no reason, is refused with all that its transaction did. Models get the trigger by being tracked.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.apps import apps

from core.db.immutability import Always, no_truncate
from core.db.models import Tracked

UNTRACKED_CONSTRAINT = "history_is_complete"

_IS_TOLD = """
    IF NOT EXISTS (
        SELECT FROM (
            SELECT {past_columns}, past.history_type FROM {history} AS past
            WHERE past.{key} = (CASE TG_OP WHEN 'DELETE' THEN OLD.{key} ELSE NEW.{key} END)
            ORDER BY past.history_id DESC LIMIT 1
        ) AS past
        LEFT JOIN {table} AS present
            ON present.{key} = (CASE TG_OP WHEN 'DELETE' THEN OLD.{key} ELSE NEW.{key} END)
        WHERE CASE WHEN present.{key} IS NULL THEN past.history_type = '-'
              ELSE past.history_type <> '-'
                   AND ({present_columns}) IS NOT DISTINCT FROM ({past_columns}) END
    ) THEN
        RAISE EXCEPTION 'a row of % was changed and no history says by whom and why', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = '{constraint}';
    END IF;
    RETURN NULL;
"""


class HistoryIsComplete(Always):
    """The check at commit; what it compares follows the columns of the model."""

    name = "history_is_complete"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    timing = pgtrigger.Deferred

    def get_func(self, model: Any) -> str:
        # What makemigrations asks with is drawn from the migrations, and knows no history.
        tracked: Any = apps.get_model(model._meta.label)
        history = tracked.history.model
        columns = [
            f'"{field.column}"'
            for field in history.tracked_fields
            if field.name not in tracked.bookkeeping_fields
        ]
        return _IS_TOLD.format(
            constraint=UNTRACKED_CONSTRAINT,
            history=history._meta.db_table,
            key=model._meta.pk.column,
            past_columns=", ".join(f"past.{each}" for each in columns),
            present_columns=", ".join(f"present.{each}" for each in columns),
            table=model._meta.db_table,
        )


def guard_tracked_models() -> None:
    """Register the check for every tracked model, and that none is emptied; when all are loaded."""
    for model in apps.get_models():
        if issubclass(model, Tracked) and not model._meta.proxy:
            declared = {each.name for each in getattr(model._meta, "triggers", [])}
            extra = [] if "no_truncate" in declared else [no_truncate()]
            pgtrigger.register(HistoryIsComplete(), *extra)(model)
