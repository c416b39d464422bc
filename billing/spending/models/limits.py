"""What may be spent in a billing period. Another amount is another row, so history tells who."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Account, Resource
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap
from core.money import Money

STOP_AT = 100
"""The share of a limit, in per cent, at which it stops."""


class SpendingLimit(Tracked):
    """So much for an account, or for one app and what is below it, in each billing period.

    One that `stops` tells the platform to stop at its amount; a budget only tells people. `marks`
    are shares of the amount in per cent that are told when they are reached. `pace_percent` tells
    when so much more than the even pace is spent. Holds in [valid_from, valid_until).
    """

    locked_after = ("account",)

    public_id = PublicIdField(prefix="lim")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="spending_limits")
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="spending_limits",
        help_text="Empty: all of the account.",
    )
    stops = models.BooleanField()
    amount_minor = MinorAmountField()
    currency = CurrencyField()
    marks = ArrayField(models.PositiveSmallIntegerField(), help_text="In per cent of the amount.")
    pace_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="In per cent of the even pace; empty: not told."
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    set_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="spending_limit_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="spending_limit_says_why"),
            models.CheckConstraint(
                condition=Q(stops=False) | Q(marks__contains=[STOP_AT]),
                name="spending_limit_stops_at_its_amount",
            ),
            ends_after_start(
                "spending_limit_ends_after_start", start="valid_from", end="valid_until"
            ),
            no_overlap(
                "spending_limit_once_per_account",
                same=["account", "stops"],
                start="valid_from",
                end="valid_until",
                among=Q(resource__isnull=True),
            ),
            no_overlap(
                "spending_limit_once_per_app",
                same=["account", "resource", "stops"],
                start="valid_from",
                end="valid_until",
                among=Q(resource__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=Q(valid_until__isnull=True),
                name="spending_limit_in_force",
            )
        ]
        triggers = [
            Refuse(
                name="spending_limit_stays",
                level=pgtrigger.Row,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["valid_until"]),
            ),
            Refuse(name="spending_limit_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{'Limit' if self.stops else 'Budget'} of {self.amount}"

    @property
    def amount(self) -> Money:
        """What may be spent in a billing period."""
        return Money.from_minor(self.amount_minor, self.currency)

    def mark_minor(self, mark: int) -> int:
        """The least that reaches a share, in minor units."""
        return -(-self.amount_minor * mark // 100)
