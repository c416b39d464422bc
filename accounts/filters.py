"""What a list of accounts can be narrowed by, at every door."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import ChoiceFilter

from accounts.models import Account, BillingProfile, Resource, ResourceOwnership
from core.filtering import IdFilter, NounFilters, TextFilter

STATES = (("open", "Open"), ("closed", "Closed"))


class AccountFilters(NounFilters):
    """By name or id, kind, state, currency, parent and present billing zone."""

    seldom = frozenset({"currency", "parent", "zone"})

    named = TextFilter(method="by_name", label="Name or id")
    kind = ChoiceFilter(choices=Account.Kind.choices, label="Kind", empty_label="All")
    state = ChoiceFilter(choices=STATES, method="by_state", label="State", empty_label="All")
    currency = TextFilter("currency", max_length=3, label="Currency")
    zone = TextFilter(method="by_zone", max_length=64, label="Billing zone, such as Europe/Berlin")
    parent = IdFilter("parent__public_id", prefix="acc", label="Id of the enterprise above")

    class Meta:
        model = Account
        fields: tuple[str, ...] = ()

    def by_name(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """Names are matched anywhere, ids in full."""
        text = value.strip()
        return rows.filter(Q(name__icontains=text) | Q(public_id=text)) if text else rows

    def by_zone(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """By the profile without an end, in small or capital letters."""
        present = BillingProfile.objects.filter(valid_until__isnull=True, zone__iexact=value)
        return rows.filter(Exists(present.filter(account=OuterRef("pk"))))

    def by_state(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """Closed is what has an end."""
        return rows.filter(closed_at__isnull=value == "open")


class ResourceFilters(NounFilters):
    """By the account that ever had it, kind and platform id."""

    account = IdFilter(
        "account", method="by_account", prefix="acc", label="Id of the account that ever had it"
    )
    kind = ChoiceFilter(choices=Resource.Kind.choices, label="Kind", empty_label="All")
    platform_id = TextFilter("platform_id", max_length=200, label="The platform's id of it")

    class Meta:
        model = Resource
        fields: tuple[str, ...] = ()

    def by_account(self, rows: QuerySet[Resource], name: str, value: str) -> QuerySet[Resource]:
        """Whoever had it at any time."""
        had = ResourceOwnership.objects.filter(account__public_id=value)
        return rows.filter(Exists(had.filter(resource=OuterRef("pk"))))
