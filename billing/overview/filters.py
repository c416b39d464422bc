"""What the list of accounts can be narrowed by once billing is known: plans, and what waits."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django_filters import ChoiceFilter

from accounts.filters import AccountFilters
from accounts.models import Account, ResourceOwnership
from billing.catalogue.models import Plan
from billing.contracts.models import Subscription
from billing.invoicing.models import BillRunItem
from core.instants import LATEST
from usage.models import QuarantinedEvent, QuarantineState

WAITING = (("parked", "Parked in a bill run"), ("held", "Events in quarantine"))


def _plans() -> list[tuple[str, str]]:
    return list(Plan.objects.order_by("name", "pk").values_list("code", "name"))


class BilledAccountFilters(AccountFilters):
    """By what accounts are, by the plan they are on, and by what waits for a decision."""

    at: datetime

    plan = ChoiceFilter(choices=_plans, method="by_plan", label="Plan", empty_label="All")
    waiting = ChoiceFilter(choices=WAITING, method="by_work", label="Waiting", empty_label="All")

    def narrow_at(self, rows: QuerySet[Account], at: datetime) -> QuerySet[Account]:
        """The accounts that are asked for, by their plans at an instant."""
        self.at = at
        return self.narrow(rows)

    def by_plan(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """On any version of the plan."""
        held = Subscription.objects.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=self.at),
            started_at__lte=self.at,
            plan_version__plan__code=value,
        )
        return rows.filter(Exists(held.filter(account=OuterRef("pk"))))

    def by_work(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """A period that could not be billed; or held events of what the account owned then."""
        if value == "parked":
            parked = BillRunItem.objects.filter(state=BillRunItem.State.PARKED)
            return rows.filter(pk__in=parked.values("account_id"))
        held = QuarantinedEvent.objects.filter(state=QuarantineState.HELD)
        of_its_time = held.filter(
            occurred_at__lt=Coalesce(OuterRef("owned_until"), LATEST),
            subject=OuterRef("resource__platform_id"),
            occurred_at__gte=OuterRef("owned_from"),
        )
        owners = ResourceOwnership.objects.filter(
            Exists(of_its_time), resource__platform_id__in=held.values("subject")
        )
        return rows.filter(pk__in=owners.values("account_id"))
