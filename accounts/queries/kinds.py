"""How many accounts of each kind are open."""

from __future__ import annotations

from django.db.models import Count

from accounts.models import Account


def open_accounts_by_kind() -> dict[str, int]:
    """The kinds that have open accounts, with how many; one query."""
    rows = Account.objects.filter(closed_at__isnull=True).order_by().values_list("kind")
    return dict(rows.annotate(Count("pk")))
