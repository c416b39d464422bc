"""What a list of accounts can be narrowed by, at every door."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter

from accounts.models import Account
from core.filtering import IdFilter, NounFilters, TextFilter

STATES = (("open", "Open"), ("closed", "Closed"))


class AccountFilters(NounFilters):
    """By name or id, kind, state, currency and parent."""

    named = TextFilter(method="by_name")
    kind = ChoiceFilter(choices=Account.Kind.choices)
    state = ChoiceFilter(choices=STATES, method="by_state")
    currency = TextFilter("currency", max_length=3)
    parent = IdFilter("parent__public_id", prefix="acc")

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()

    def by_name(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """Names are matched anywhere, ids in full."""
        text = value.strip()
        return rows.filter(Q(name__icontains=text) | Q(public_id=text)) if text else rows

    def by_state(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """Closed is what has an end."""
        return rows.filter(closed_at__isnull=value == "open")
