"""Until when accounts are billed: what was issued is never priced again in silence."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max

from billing.invoicing.models import Invoice


def issued_until(account_ids: Collection[int]) -> dict[int, datetime]:
    """The end of the last issued period of each account that has one; one query."""
    return dict(
        Invoice.objects.filter(account_id__in=account_ids, state=Invoice.State.ISSUED)
        .values_list("account_id")
        .annotate(until=Max("period_until"))
        .order_by()
    )
