"""Payers who owe something and have something free with us in the same currency."""

from django.db.models import Exists, OuterRef, QuerySet, Sum

from accounts.models import Account
from billing.ledger.chart_of_accounts import CUSTOMER_BALANCE, UNAPPLIED_CASH
from billing.ledger.models import JournalLine
from billing.receivables.queries.open_items import still_open


def payers_with_both() -> QuerySet[Account]:
    """Those whose free money could settle something, by id; one query."""
    free = (
        JournalLine.objects.filter(
            account=OuterRef("payer"),
            journal__currency=OuterRef("currency"),
            ledger_account__code__in=(UNAPPLIED_CASH, CUSTOMER_BALANCE),
        )
        .order_by()
        .values("account")
        .annotate(minor=Sum("amount_minor"))
        .filter(minor__lt=0)
    )
    owing = still_open().order_by().filter(Exists(free), payer=OuterRef("pk"))
    return Account.objects.filter(Exists(owing)).order_by("pk")
