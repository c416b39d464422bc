"""What a list of subscriptions can be narrowed by."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import ChoiceFilter

from billing.contracts.models import Subscription
from core.filtering import IdFilter, NounFilters, TextFilter


class SubscriptionFilters(NounFilters):
    """By account, plan, and whether it has an end."""

    account = IdFilter("account__public_id", prefix="acc", label="Id of the account")
    plan = TextFilter("plan__code", max_length=64, label="Code of the plan")
    state = ChoiceFilter(
        choices=[("open", "Without an end"), ("ended", "With an end")],
        method="by_state",
        label="State",
        empty_label="All",
    )

    class Meta:
        model = Subscription
        fields: tuple[str, ...] = ()

    def by_state(
        self, rows: QuerySet[Subscription], name: str, value: str
    ) -> QuerySet[Subscription]:
        """Ended is what has an end, whether it has come or not."""
        return rows.filter(ended_at__isnull=value == "open")
