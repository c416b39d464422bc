"""The raw truth: every accepted event, its identity for ever, and its later revisions.

Tables only. The event table is partitioned by UTC day and has no foreign keys in the database:
they would cost more than the row itself, and rows they could point to are never deleted.
"""

from __future__ import annotations

from django.db import models

from core.db.fields import PublicIdField
from core.db.models import AppendOnly
from usage.models.columns import ExactField, ExactJSONField
from usage.models.sources import EventType, Receipt, Source


class EventKey(AppendOnly):
    """The identity of an event: a hash of source and id, unique for ever, with its content's hash.

    Kept when old event partitions are archived, so a replay years later is still recognised.
    """

    key = models.UUIDField(primary_key=True)
    fingerprint = models.UUIDField()
    occurred_at = models.DateTimeField()
    receipt = models.ForeignKey(
        Receipt, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.key)


class Event(AppendOnly):
    """One accepted fact about a resource. Whose it is follows from ownership at `occurred_at`.

    `quantity` is the event's quantity property, `data` the rest of its data. `position` is its
    place in the request of its receipt, `sequence` its source's number for it: what decides between
    two events of one instant (usage.aggregate.order). `key` is unique by EventKey; in the database
    the primary key is (occurred_at, key), see 0002.
    """

    key = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    resource = models.ForeignKey(
        "accounts.Resource",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    receipt = models.ForeignKey(
        Receipt, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    type = models.ForeignKey(
        EventType,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    source = models.ForeignKey(
        Source, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    position = models.SmallIntegerField(db_default=0)
    sequence = models.CharField(max_length=201, blank=True, db_default="")
    event_id = models.CharField(max_length=255)
    quantity = ExactField(null=True)
    data = ExactJSONField(null=True)

    def __str__(self) -> str:
        return self.event_id


class RevisionKind(models.TextChoices):
    """What a person may say about an event after the fact."""

    AMEND = "amend", "amended"
    VOID = "void", "voided"
    UNVOID = "unvoid", "restored"


class EventRevision(AppendOnly):
    """A later word on an event: amended, voided, restored. The latest number holds.

    `quantity` and `data` are the whole content from then on; the event's own row stays as sent.
    """

    key = models.UUIDField()
    number = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=6, choices=RevisionKind)
    quantity = ExactField(null=True)
    data = ExactJSONField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=100)
    actor_name = models.CharField(max_length=200)
    reason = models.TextField()
    recorded_at = models.DateTimeField()
    backfill = models.ForeignKey(
        "usage.Backfill", on_delete=models.PROTECT, null=True, blank=True, related_name="revisions"
    )

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="usage_eventrevision_number"),
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="usage_eventrevision_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}/{self.number}"


class EventConflict(AppendOnly):
    """The same source and id again with other content: the first is kept, this one is shown."""

    key = models.UUIDField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    event_id = models.CharField(max_length=255)
    kept_fingerprint = models.UUIDField()
    fingerprint = models.UUIDField()
    content = ExactJSONField()
    occurred_at = models.DateTimeField()
    receipt = models.ForeignKey(
        Receipt, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    received_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["key", "fingerprint"], name="usage_eventconflict_once"),
            models.CheckConstraint(
                condition=~models.Q(kept_fingerprint=models.F("fingerprint")),
                name="usage_eventconflict_differs",
            ),
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="usage_conflict_received")]

    def __str__(self) -> str:
        return self.event_id


class EventContext(AppendOnly):
    """How an event travelled: the extension attributes it first came with, such as traceparent.

    A table of its own, because few events have any and the event table pays for each column.
    """

    key = models.UUIDField(primary_key=True)
    attributes = ExactJSONField()

    def __str__(self) -> str:
        return str(self.key)


class Backfill(models.Model):
    """A range of past usage being reported again: opened, filled, closed; revertible by voiding.

    Events that arrive under it may be older than their source's window.
    """

    public_id = PublicIdField(prefix="bkf")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    resource = models.ForeignKey(
        "accounts.Resource", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    occurred_from = models.DateTimeField()
    occurred_until = models.DateTimeField()
    replaces = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    reason = models.TextField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True, default="")
    reverted_at = models.DateTimeField(null=True, blank=True)
    reverted_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(occurred_until__gt=models.F("occurred_from")),
                name="usage_backfill_period",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
