"""An account as it was known at an instant: what its records said, what it owed, what was open.

From history rows, and from when facts were recorded. What was added within a day of the account
itself came with it, and counts as known from the instant it holds from: an import is no news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, DateTimeField, F, Min, Model, Q, When
from django.db.models.functions import Least

from accounts.models import Account, BillingProfile, PayerAssignment
from billing.catalogue.models import PlanVersion
from billing.contracts.models import Subscription
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoices import InvoiceRow, Party, row_of
from billing.overview.queries.accounts import AccountFacts, PlanHeld, contact_of
from billing.receivables.queries.open_items import OpenItem, open_items
from billing.receivables.queries.position import PayerPosition, payer_position
from core.errors import Invalid

ENTERED_WITHIN: Final = timedelta(days=1)
INVOICES_SHOWN: Final = 12


class NotKnownThen(Invalid):
    """An account is asked for as of an instant before anything was known of it, or one to come."""

    code = "not_known_then"
    title = "Nothing was known then"


@dataclass(frozen=True, slots=True)
class InvoiceThen:
    """An invoice that was issued by then, and how it stood by what was recorded by then."""

    row: InvoiceRow
    item: OpenItem


@dataclass(frozen=True, slots=True)
class AccountThen:
    """An account as of an instant. `booked` is by what was entered by then, `effective` by all that
    is known today of what had come about by then.
    """

    at: datetime
    facts: AccountFacts
    booked: PayerPosition
    effective: PayerPosition
    invoices: Sequence[InvoiceThen]
    has_more_invoices: bool


def account_then(account: Account, *, then: datetime, now: datetime) -> AccountThen:
    """What was known of an account at an instant; about a dozen queries. Raises: NotKnownThen."""
    if then > now:
        raise NotKnownThen(f"{then.isoformat()} is still to come.", field="as_of")
    issued = list(
        Invoice.objects.filter(account=account, issued_at__lte=then)
        .select_related("account")
        .order_by("-period_from", "-pk")[: INVOICES_SHOWN + 1]
    )
    items = open_items(issued, at=then, known_at=then)
    return AccountThen(
        at=then,
        facts=_facts(account, then),
        booked=payer_position(account, at=then, known_at=then),
        effective=payer_position(account, at=then),
        invoices=[InvoiceThen(row_of(each), items[each.pk]) for each in issued[:INVOICES_SHOWN]],
        has_more_invoices=len(issued) > INVOICES_SHOWN,
    )


def _facts(account: Account, then: datetime) -> AccountFacts:
    entered = account.history.aggregate(at=Min("history_date"))["at"]
    known = _KnownRows(then, entered + ENTERED_WITHIN if entered else then)
    itself = known.rows(Account, "opened_at", id=account.pk)
    if not itself:
        since = min(account.opened_at, entered or account.opened_at)
        raise NotKnownThen(
            f"Nothing was known of {account.name} at {then.isoformat()}; it is known since"
            f" {since.isoformat()}.",
            field="as_of",
        )
    row = itself[0]
    profile = next(
        iter(known.holding(BillingProfile, "valid_from", "valid_until", account.pk)), None
    )
    payer = next(iter(known.holding(PayerAssignment, "paid_from", "paid_until", account.pk)), None)
    named = Account.objects.in_bulk(
        [pk for pk in (row.parent_id, payer.payer_id if payer else None) if pk]
    )
    teams = known.rows(Account, "opened_at", parent_id=account.pk)
    return AccountFacts(
        public_id=account.public_id,
        name=row.name,
        kind=row.get_kind_display(),
        state="closed" if row.closed_at and row.closed_at <= then else "open",
        currency=row.currency,
        anchor_on=row.billing_anchor_on,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        parent=_party(named.get(row.parent_id)),
        payer=_party(named.get(payer.payer_id)) if payer else None,
        zone=profile.zone if profile else "UTC",
        terms_days=profile.terms_days if profile else None,
        contact=contact_of(profile),
        plans=_plans(known, account),
        teams=[
            Party(each.public_id, each.name) for each in sorted(teams, key=lambda team: team.name)
        ],
    )


def _plans(known: _KnownRows, account: Account) -> list[PlanHeld]:
    rows = known.holding(Subscription, "started_at", "ended_at", account.pk)
    versions = PlanVersion.objects.select_related("plan").in_bulk(
        [row.plan_version_id for row in rows]
    )
    return [
        PlanHeld(
            plan=versions[row.plan_version_id].plan.name,
            version_id=versions[row.plan_version_id].public_id,
            version=versions[row.plan_version_id].number,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _KnownRows:
    """Reads tracked rows as they were known at an instant."""

    then: datetime
    entered: datetime

    def rows(self, model: type[Model], begins: str, **of: Any) -> list[Any]:
        """The last known state of each row that was not removed by then; one query."""
        history: Any = model.history  # type: ignore[attr-defined]
        came_along = Q(history_type="+", history_date__lte=self.entered)
        known = Case(
            When(came_along, then=Least(F(begins), F("history_date"))),
            default=F("history_date"),
            output_field=DateTimeField(),
        )
        rows = history.filter(**of).annotate(known=known).filter(known__lte=self.then)
        last = rows.order_by("id", "-history_date", "-history_id").distinct("id")
        return [row for row in last if row.history_type != "-"]

    def holding(self, model: type[Model], starts: str, ends: str, account_id: int) -> list[Any]:
        """Those of an account that held at the instant; the latest first."""
        rows = self.rows(model, starts, account_id=account_id)
        found = [
            row
            for row in rows
            if getattr(row, starts) <= self.then
            and (getattr(row, ends) is None or getattr(row, ends) > self.then)
        ]
        return sorted(found, key=lambda row: getattr(row, starts), reverse=True)


def _party(account: Account | None) -> Party | None:
    return Party(account.public_id, account.name) if account else None
