"""What the platform runs for accounts, by its platform id, and who owned it when.

Events name a resource; the account follows from the ownership at the event's instant.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap


class Resource(Tracked):
    """An app, a dyno formation, an add-on, a database or a space."""

    class Kind(models.TextChoices):
        APP = "app", "App"
        FORMATION = "formation", "Formation"
        ADDON = "addon", "Add-on"
        DATABASE = "database", "Database"
        SPACE = "space", "Space"

    public_id = PublicIdField(prefix="res")
    platform_id = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    provider = models.ForeignKey(
        "Partner",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="provided",
        help_text="The partner whose add-on service it is of, which may report its usage.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["app", "formation", "addon", "database", "space"]),
                name="resource_kind",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="resource_is_not_its_parent",
            ),
            models.CheckConstraint(
                condition=~Q(platform_id=""), name="resource_platform_id_not_empty"
            ),
        ]
        triggers = [
            # It may end at the platform, but stays here: events and invoice lines name it.
            Refuse(name="resource_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.name


class ResourceOwnership(Tracked):
    """The account a resource belongs to during [owned_from, owned_until)."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="ownerships")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="ownerships")
    owned_from = models.DateTimeField()
    owned_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "resource_ownership_no_overlap",
                same=["resource"],
                start="owned_from",
                end="owned_until",
            ),
            ends_after_start(
                "resource_ownership_ends_after_start", start="owned_from", end="owned_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} of {self.account}"
