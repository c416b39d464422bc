"""How a change of a tracked row becomes a history row that says who, why and in which request.

Built on django-simple-history. What it leaves open is closed here: a save without actor and
reason is refused before anything is written, ORM writes it cannot see are refused, and history
rows are append-only. Set-based writes that do leave history are in core.db.history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models
from simple_history.models import HistoricalRecords

from core.actor import current_attribution
from core.clock import now
from core.db.immutability import append_only_triggers


class WritesNoHistory(RuntimeError):
    """A write that history would not see; use save(), delete() or core.db.history."""


class HistoryRow(models.Model):
    """What every history row says besides the values: who, why, in which request."""

    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=100)
    actor_name = models.CharField(max_length=200)
    request_id = models.CharField(max_length=100)

    class Meta:
        abstract = True


class TrackedHistory(HistoricalRecords):  # type: ignore[misc]  # untyped package
    """simple_history's recorder, attributed by core.actor instead of the request's thread."""

    def __init__(self) -> None:
        super().__init__(
            inherit=True,
            bases=[HistoryRow],
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.TextField(),
            m2m_fields_model_field_name="history_of_many",
        )

    def fields_included(self, model: models.Model | type[models.Model]) -> list[Any]:
        secret: frozenset[str] = getattr(model, "history_excludes", frozenset())
        return [field for field in super().fields_included(model) if field.name not in secret]

    def _get_history_user_fields(self) -> dict[str, Any]:
        # The package insists on setting a user; ours is text, so that no person can be deleted
        # out of the history and a job or a partner can act too.
        return {"history_user": property(lambda row: row.actor_name, lambda row, user: None)}

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        return {**super().get_meta_options(model), "triggers": append_only_triggers()}

    def get_meta_options_m2m(self, through_model: type[models.Model]) -> dict[str, Any]:
        options = super().get_meta_options_m2m(through_model)
        return {**options, "triggers": append_only_triggers()}

    def post_save(
        self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any
    ) -> None:
        if created or not leaves_no_history(instance, kwargs.get("update_fields")):
            super().post_save(instance, created, using=using, **kwargs)

    def create_historical_record(
        self, instance: models.Model, history_type: str, using: str | None = None
    ) -> None:
        attribution = current_attribution()
        row = getattr(instance, self.manager_name).model(
            history_date=now(),
            history_type=history_type,
            history_change_reason=attribution.reason,
            actor_kind=attribution.actor.kind,
            actor_id=attribution.actor.id,
            actor_name=attribution.actor.name,
            request_id=attribution.request_id,
            **{
                field.attname: getattr(instance, field.attname)
                for field in self.fields_included(instance)
            },
        )
        row.save(using=using)
        self.create_historical_record_m2ms(row, instance)


def leaves_no_history(instance: models.Model, fields: Collection[str] | None) -> bool:
    """Whether saving only these fields is bookkeeping that history does not keep."""
    bookkeeping: frozenset[str] = getattr(instance, "bookkeeping_fields", frozenset())
    return fields is not None and bool(fields) and bookkeeping.issuperset(fields)


Row = TypeVar("Row", bound=models.Model, covariant=True)


class TrackedQuerySet(models.QuerySet[Row]):
    """Refuses the ORM writes that send no signals and so would leave no history."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise self._refusal("update")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> NoReturn:
        raise self._refusal("bulk_create")

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> NoReturn:
        raise self._refusal("bulk_update")

    def delete(self) -> NoReturn:
        raise self._refusal("delete")

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise self._refusal("_raw_delete")

    def _refusal(self, door: str) -> WritesNoHistory:
        return WritesNoHistory(
            f"{self.model.__name__} is tracked and {door}() leaves no history; "
            "save the rows one by one or use core.db.history."
        )


TrackedManager = models.Manager.from_queryset(TrackedQuerySet)
