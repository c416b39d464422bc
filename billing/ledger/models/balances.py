"""Balances kept added up by month: projections of the journals, which can be dropped at any time.

They cover the journals of transactions before the mark; what came later is read from its lines.
"""

from django.db import models
from django.db.models import Q

from billing.ledger.models.books import LedgerAccount
from core.db.fields import CurrencyField, MinorAmountField


class BookMonth(models.Model):
    """What a part of a book moved by in one month (UTC) of one clock; debit positive."""

    class Clock(models.TextChoices):
        EFFECTIVE = "effective", "As effective"
        BOOKED = "booked", "As booked"

    # Its unique key serves it.
    ledger_account = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="months", db_index=False
    )
    part = models.CharField(max_length=16, blank=True)
    currency = CurrencyField()
    clock = models.CharField(max_length=16, choices=Clock.choices)
    month_on = models.DateField(help_text="First day of the month.")
    amount_minor = MinorAmountField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ledger_account", "part", "currency", "clock", "month_on"],
                name="book_month_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ledger_account} {self.month_on:%Y-%m} {self.amount_minor}"


class BalanceMark(models.Model):
    """Up to which transaction the journals are added up; one row, or none before the first time."""

    name = models.CharField(max_length=16, unique=True, default="balances", editable=False)
    before_transaction = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(name="balances"), name="balance_mark_is_one"),
        ]

    def __str__(self) -> str:
        return f"Balances before transaction {self.before_transaction}"
