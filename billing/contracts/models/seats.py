"""Seats: how many of something a subscription has over time, and who holds them.

Counted as a meter over intervals: what a price makes of them is `billing.contracts.seat_counting`.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.contracts.models.subscriptions import Subscription
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap

SEATS_MAX = 1_000_000


class BoughtSeats(Tracked):
    """A subscription has `quantity` seats of a price during [valid_from, valid_until); null runs
    on.
    """

    locked_after = ("subscription__account", "subscription")

    public_id = PublicIdField(prefix="sts")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="seats")
    price_code = models.SlugField(max_length=64, db_index=False)
    quantity = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "bought seats"
        constraints = [
            ends_after_start("seats_end_after_start", start="valid_from", end="valid_until"),
            no_overlap(
                "seats_no_overlap",
                same=["subscription", "price_code"],
                start="valid_from",
                end="valid_until",
            ),
            models.CheckConstraint(condition=Q(quantity__lte=SEATS_MAX), name="seats_so_many"),
        ]
        triggers = [
            Refuse(name="seats_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.price_code} from {self.valid_from:%Y-%m-%d %H:%M}"


class SeatHolder(Tracked):
    """Somebody holds a seat during [held_from, held_until); null runs on.

    `holder` is what the platform calls them, such as an address.
    """

    locked_after = ("subscription__account", "subscription")

    public_id = PublicIdField(prefix="sth")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="seat_holders"
    )
    price_code = models.SlugField(max_length=64, db_index=False)
    holder = models.CharField(max_length=200)
    held_from = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ends_after_start("seat_ends_after_start", start="held_from", end="held_until"),
            no_overlap(
                "seat_held_once",
                same=["subscription", "price_code", "holder"],
                start="held_from",
                end="held_until",
            ),
            models.CheckConstraint(condition=~Q(holder=""), name="seat_has_a_holder"),
        ]
        triggers = [
            Refuse(name="seat_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.holder} from {self.held_from:%Y-%m-%d %H:%M}"
