"""Webhooks: endpoints, their secrets and health, what is delivered to them and each attempt.

A partner is named by its public id, since partners stand above; "" is the house itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly, Tracked
from core.leases import WorkItem
from eventing.models.outbox import OutboxEvent

URL_LENGTH_MAX = 500


class WebhookEndpoint(Tracked):
    """Where events are sent: an address, the types it wants, how it is signed."""

    class Signature(models.TextChoices):
        STANDARD = "standard", "Standard Webhooks"
        HEROKU = "heroku", "Heroku-Webhook-Hmac-SHA256"

    class State(models.TextChoices):
        ENABLED = "enabled", "Enabled"
        DISABLED = "disabled", "Disabled"
        DELETED = "deleted", "Deleted"

    public_id = PublicIdField(prefix="whe")
    partner = models.CharField(
        max_length=30,
        blank=True,
        default="",
        help_text="Public id of the partner whose it is; empty is the house.",
    )
    url = models.CharField(max_length=URL_LENGTH_MAX)
    description = models.CharField(max_length=200, blank=True, default="")
    contact = models.EmailField(
        blank=True, default="", help_text="Who is written to when it is disabled."
    )
    types = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="What it wants; none is everything it may hear of.",
    )
    signature = models.CharField(
        max_length=8, choices=Signature.choices, default=Signature.STANDARD
    )
    is_ordered = models.BooleanField(
        default=False, help_text="Whether an event waits for the earlier ones of its subject."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.ENABLED)
    state_since = models.DateTimeField()
    state_reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["partner", "id"], name="webhook_endpoint_of_partner")]

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return self.state == self.State.ENABLED


class WebhookSecret(models.Model):
    """A secret an endpoint is signed with, sealed; at most two hold at once."""

    public_id = PublicIdField(prefix="whs")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="secrets")
    sealed = models.TextField(help_text="Encrypted under the installation's secret key.")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(ends_at__isnull=True),
                name="webhook_secret_one_newest",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("made_at")),
                name="webhook_secret_ends_after_made",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def holds(self, at: datetime) -> bool:
        """Whether what is sent at `at` is signed with it."""
        return self.ends_at is None or self.ends_at > at


class EndpointHealth(models.Model):
    """How an endpoint has been answering; changes with every attempt."""

    endpoint = models.OneToOneField(
        WebhookEndpoint, on_delete=models.PROTECT, primary_key=True, related_name="health"
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    paused_until = models.DateTimeField(null=True, blank=True)
    is_slow = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Last success.")

    class Meta:
        verbose_name_plural = "endpoint health"

    def __str__(self) -> str:
        return str(self.endpoint_id)


class WebhookLane(WorkItem):
    """One of the places at which something is sent to an endpoint; whoever leases it sends."""

    attempts_max: ClassVar[int] = 30_000

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="lanes")
    number = models.PositiveSmallIntegerField()

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.UniqueConstraint(fields=["endpoint", "number"], name="webhook_lane_once"),
        ]

    def __str__(self) -> str:
        return f"lane {self.number} of {self.endpoint_id}"


class WebhookDelivery(WorkItem):
    """An event on its way to an endpoint. Parked is held or given up; done is delivered or ended.

    An example has no event; it shows what events of a type look like.
    """

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"
        HELD = "held", "Held"
        ENDED = "ended", "Ended"

    attempts_max: ClassVar[int] = 30_000

    public_id = PublicIdField(prefix="whd")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(
        OutboxEvent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64, blank=True, default="")
    position = models.BigIntegerField(default=0, help_text="Of the event in the feed.")
    queued_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0, help_text="Failed ones, since queued.")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    expunged_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkItem.Meta):
        verbose_name_plural = "webhook deliveries"
        indexes = [
            *WorkItem.Meta.indexes,
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
            models.Index(
                fields=["endpoint", "not_before"],
                condition=Q(state__in=["ready", "leased"]),
                name="webhook_delivery_waiting",
            ),
            models.Index(
                fields=["endpoint", "outcome"],
                condition=Q(state="parked"),
                name="webhook_delivery_parked",
            ),
            models.Index(
                fields=["endpoint", "subject", "position"],
                condition=Q(state__in=["ready", "leased"]),
                name="webhook_delivery_mailbox",
            ),
        ]
        constraints = [
            *WorkItem.Meta.constraints,
            models.UniqueConstraint(
                fields=["endpoint", "event"],
                condition=Q(event__isnull=False),
                name="webhook_delivery_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ready", "leased"], outcome="")
                | Q(state="done", outcome__in=["delivered", "ended"])
                | Q(state="parked", outcome__in=["given_up", "held"]),
                name="webhook_delivery_outcome_of_state",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def message_id(self) -> str:
        """What receivers know it by: the same for every delivery of one event."""
        return self.public_id if self.event is None else self.event.public_id


class WebhookAttempt(AppendOnly):
    """One time something was sent: when, where to, and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="tried")
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    address = models.CharField(max_length=64, blank=True, help_text="Where it was connected to.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=32, blank=True)
    said = models.TextField(blank=True, help_text="The error in words.")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["began_at"], name="webhook_attempt_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=False) | ~Q(error=""),
                name="webhook_attempt_says_what_came",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery} {self.number}"

    @property
    def is_success(self) -> bool:
        return self.error == ""


class AttemptContent(models.Model):
    """What was said in an attempt, both ways; may be expunged while the attempt stays."""

    attempt = models.OneToOneField(
        WebhookAttempt, on_delete=models.PROTECT, primary_key=True, related_name="content"
    )
    request_headers = models.JSONField()
    response_headers = models.JSONField(default=list)
    response_body = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.attempt_id)
