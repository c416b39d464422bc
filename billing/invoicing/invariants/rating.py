"""Rating: a function of its inputs, in any order, writing nothing when they have not changed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection

from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.rated import inputs_digest, items, rated_lines
from billing.invoicing.drafting.snapshots import Snapshot, snapshots
from billing.invoicing.invariants.issued import batches, found
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import UNRATED
from billing.rating.models.capacity import METER
from core.invariants import InvariantResult, invariant
from usage.operations.settling import settled

_CHANGED_SINCE = """
    SELECT EXISTS (
        SELECT FROM accounts_resourceownership AS owner
        JOIN usage_event AS event ON event.resource_id = owner.resource_id
        JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
        WHERE owner.account_id = %(account)s AND receipt.received_at > %(since)s
          AND event.occurred_at < %(until)s)
    OR EXISTS (SELECT FROM usage_eventrevision WHERE recorded_at > %(since)s)
    OR EXISTS (SELECT FROM usage_meterversion WHERE created_at > %(since)s)
    OR EXISTS (SELECT FROM accounts_historicalresourceownership WHERE history_date > %(since)s)
    OR EXISTS (SELECT FROM accounts_historicalbillingprofile WHERE history_date > %(since)s)
    OR EXISTS (SELECT FROM accounts_historicalresource WHERE history_date > %(since)s)
"""


def _again() -> Iterator[tuple[Invoice, Snapshot]]:
    """Issued invoices with what they would depend on now."""
    for invoices in batches(kind=Invoice.Kind.PERIOD):
        scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in invoices]
        found = settled({scope.account_id for scope in scopes}, partial(snapshots, scopes))
        for invoice, snapshot in zip(invoices, found, strict=True):
            if isinstance(snapshot, Snapshot):
                yield invoice, snapshot


def _unchanged() -> Iterator[tuple[Invoice, Snapshot]]:
    """Those whose inputs are what they were: no late usage, and none of their own billed."""
    for invoice, snapshot in _again():
        if inputs_digest(snapshot) == invoice.inputs_digest:
            yield invoice, snapshot


def _facts(lines: Sequence[DraftLine] | Sequence[InvoiceLine]) -> list[tuple[Any, ...]]:
    # Stored explanations have been through JSON, which knows no tuples.
    return [
        (line.key, line.quantity, line.amount_minor, json.loads(json.dumps(line.explanation)))
        for line in lines
    ]


@invariant("I4", "A metered quantity is on exactly one line of its invoice.")
def quantities_are_billed_once() -> InvariantResult:
    examined, violating = 0, []
    for invoice, snapshot in _unchanged():
        metered: dict[int, Decimal] = defaultdict(Decimal)
        charged: dict[int, Decimal] = defaultdict(Decimal)
        for quantity in snapshot.quantities:
            metered[quantity.meter_id] += quantity.quantity
        for item in items(snapshot):
            if item.price.meter_ids:
                for event in item.charge.detail.events if item.charge.detail else ():
                    charged[item.price.meter_ids[(event.dimensions or {})[METER]]] += event.quantity
            elif item.price.meter_id is not None:
                charged[item.price.meter_id] += item.charge.measured
        examined += len(snapshot.quantities)
        if any(metered[meter] != total for meter, total in charged.items()):
            violating.append(invoice.public_id)
    return found(examined, violating)


@invariant("I8", "Rating the same inputs again gives the same lines, to the byte.")
def rating_is_a_function() -> InvariantResult:
    examined, violating = 0, []
    for invoice, snapshot in _unchanged():
        examined += 1
        lines = invoice.lines.exclude(kind__in=UNRATED).order_by("position")
        if _facts(list(lines)) != _facts(rated_lines(snapshot)):
            violating.append(invoice.public_id)
    return found(examined, violating)


@invariant("I9", "An issued invoice whose usage has not changed has the inputs it had.")
def unchanged_usage_changes_nothing() -> InvariantResult:
    """An invoice that bills late usage of others, takes off what a threshold invoice billed, or has
    an adjustment is left out: its digest covers theirs too."""
    examined, violating = 0, []
    for invoice, snapshot in _again():
        examined += 1
        if inputs_digest(snapshot) == invoice.inputs_digest:
            continue
        own = invoice.lines.filter(corrects__isnull=True).exclude(kind__in=UNRATED)
        if own.count() < invoice.lines.count() or _changed_since(invoice):
            continue
        violating.append(invoice.public_id)
    return found(examined, violating)


def _changed_since(invoice: Invoice) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            _CHANGED_SINCE,
            {
                "account": invoice.account_id,
                "since": invoice.rated_at,
                "until": invoice.period_until,
            },
        )
        return bool(cursor.fetchone()[0])


@invariant("I10", "The order of quantities does not change a line.")
def order_does_not_matter() -> InvariantResult:
    examined, violating = 0, []
    for invoice, snapshot in _again():
        backwards = replace(snapshot, quantities=list(reversed(snapshot.quantities)))
        examined += len(snapshot.quantities)
        if rated_lines(backwards) != rated_lines(snapshot):
            violating.append(invoice.public_id)
    return found(examined, violating)
