"""Seals, and the ranges of rows each covers. Tables only."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.db.models import AppendOnly

_HEX = r"^[0-9a-f]{64}$"


class Seal(AppendOnly):
    """One link of the chain: its hash covers the rows of its ranges and the link before it.

    `marks` says, by table, up to which id rows may have been written by then, and `open_then` which
    transactions were under way: the next seal covers those ids once those have ended.
    """

    number = models.PositiveBigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    rows = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64, help_text="The link before; empty for the first.")
    link = models.CharField(max_length=64, unique=True, help_text="SHA-256, in hexadecimal.")
    marks = models.JSONField(default=dict)
    open_then = models.JSONField(default=list)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(link__regex=_HEX), name="seal_link_is_a_hash"),
            models.CheckConstraint(
                condition=Q(number=1, previous="") | Q(number__gt=1, previous__regex=_HEX),
                name="seal_follows_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class SealedRange(AppendOnly):
    """Rows of one table with ids in (above, up_to], as they were when they were sealed.

    `columns` are those that were hashed, so that a column that comes later changes nothing.
    `row_marks` are the first four bytes of the hash of each row, in order of id: with them a row
    that does not fit any more can be named.
    """

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="ranges")
    table = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63))
    above = models.BigIntegerField()
    up_to = models.BigIntegerField()
    rows = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 over the hashes of the rows.")
    row_marks = models.BinaryField()

    class Meta(AppendOnly.Meta):
        verbose_name = "sealed range"
        indexes = [models.Index(fields=["table", "-up_to"], name="sealed_range_newest")]
        constraints = [
            models.UniqueConstraint(fields=["table", "above"], name="sealed_range_follows"),
            models.CheckConstraint(condition=Q(up_to__gt=F("above")), name="sealed_range_has_ids"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.above + 1}–{self.up_to}"
