"""A work item that exists in tests only, so that leases are tested on their own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.apps.registry import Apps
from django.db import connection, models

from core import leases
from core.leases import WorkItem
from tests.cast import NOON

MINUTE = timedelta(minutes=1)


class Errand(WorkItem):
    """Something to do."""

    name = models.CharField(max_length=20)

    objects: ClassVar[models.Manager["Errand"]] = models.Manager()

    class Meta(WorkItem.Meta):
        app_label = "core"
        # A registry of its own: what walks over all models must not find this one.
        apps = Apps()

    def __str__(self) -> str:
        return self.name


@pytest.fixture
def errands_table(db: None) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Errand)


@pytest.fixture
def shared_errands_table(transactional_db: None) -> Iterator[None]:
    """For several connections at once."""
    with connection.schema_editor() as editor:
        editor.create_model(Errand)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Errand)


def errand(name: str = "post", **values: Any) -> Errand:
    """An errand due at noon."""
    return Errand.objects.create(**{"name": name, "not_before": NOON, **values})


def claim(limit: int = 10, *, at: datetime = NOON) -> list[Errand]:
    """Claim errands for a minute."""
    return leases.claim(Errand.objects.all(), limit=limit, at=at, lease_for=MINUTE)
