"""Answers of the search as people tell them apart: whose it is, and what it last came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import Account, Resource, ResourceOwnership
from billing.disputes.models import DisputeCase
from billing.invoicing.models import CreditNote, Invoice, InvoiceLine
from billing.invoicing.queries.invoices import InvoiceRow, row_of
from billing.overview.queries.accounts import last_invoices
from billing.receivables.models import Payment
from core.money import Money


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. `kind` and `ref` say what page it has; `note` tells it from its neighbours.

    `amount` is what it last came to, on `invoice`.
    """

    kind: str
    ref: str
    title: str
    note: str = ""
    invoice: InvoiceRow | None = None
    amount: Money | None = None


def account_hits(found: Iterable[Account], *, because: str = "") -> list[Hit]:
    """Accounts, each with its last invoice; one query."""
    accounts = list(found)
    invoices = last_invoices([account.pk for account in accounts])
    return [
        Hit(
            "account",
            account.public_id,
            account.name,
            ", ".join(filter(None, [account.get_kind_display(), because])),
            invoice=row_of(invoices[account.pk]) if account.pk in invoices else None,
            amount=invoices[account.pk].total if account.pk in invoices else None,
        )
        for account in accounts
    ]


def resource_hits(found: Iterable[Resource]) -> list[Hit]:
    """Resources, each with its owner and its part of the owner's last invoice; three queries."""
    resources = list(found)
    owners = {
        each.resource_id: each.account
        for each in ResourceOwnership.objects.filter(
            resource__in=resources, owned_until__isnull=True
        ).select_related("account")
    }
    invoices = last_invoices([owner.pk for owner in owners.values()])
    lines = InvoiceLine.objects.filter(
        invoice__in=list(invoices.values()), resource__in=resources
    ).values_list("invoice_id", "resource_id")
    charged = {
        (invoice_id, resource_id): minor
        for invoice_id, resource_id, minor in lines.annotate(Sum("amount_minor")).order_by()
    }
    return [_resource_hit(each, owners.get(each.pk), invoices, charged) for each in resources]


def _resource_hit(
    resource: Resource,
    owner: Account | None,
    invoices: dict[int, Invoice],
    charged: dict[tuple[int, int], int],
) -> Hit:
    kind = resource.get_kind_display()
    note = f"{kind} of {owner.name}" if owner else f"{kind}, nobody's now"
    invoice = invoices.get(owner.pk) if owner else None
    minor = charged.get((invoice.pk, resource.pk)) if invoice else None
    if invoice is None or minor is None:
        return Hit("resource", resource.public_id, resource.name, note)
    return Hit(
        "resource",
        resource.public_id,
        resource.name,
        note,
        invoice=row_of(invoice),
        amount=Money.from_minor(minor, invoice.currency),
    )


def invoice_hit(invoice: Invoice) -> Hit:
    """An invoice, its account loaded."""
    row = row_of(invoice)
    title = row.ref if invoice.number else "Draft invoice"
    return Hit("invoice", row.ref, title, row.account.name, row, row.total)


def note_hit(note: CreditNote) -> Hit:
    """A credit note, its invoice and the account of it loaded."""
    whose = f"Credit note of {note.invoice}, {note.invoice.account.name}"
    return Hit("credit-note", note.number, note.number, whose, amount=-note.total)


def payment_hit(payment: Payment) -> Hit:
    """A payment, its account loaded."""
    note = f"From {payment.account.name}, by {payment.get_method_display().lower()}"
    return Hit("payment", payment.public_id, "Payment", note, amount=payment.amount)


def case_hit(case: DisputeCase) -> Hit:
    """A dispute, its account loaded."""
    return Hit("dispute", case.public_id, case.number, f"Dispute of {case.account.name}")


def line_hit(line: InvoiceLine) -> Hit:
    """A line, its invoice and the account of it loaded."""
    row = row_of(line.invoice)
    note = f"Line {line.position} of {row.ref}, {row.account.name}"
    amount = Money.from_minor(line.amount_minor, line.invoice.currency)
    return Hit("line", f"{row.ref}/{line.position}", line.description, note, row, amount)
