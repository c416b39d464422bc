"""What stands above every page of an invoice: its facts, tabs with their counts, actions."""

from __future__ import annotations

from typing import Any

from accounts.permissions import Permission, permitted
from approvals.queries.policies import present_policy
from billing.invoicing.models import Invoice
from billing.invoicing.queries import invoices
from billing.papers.queries.papers import MadeFiles, made_files
from billing.receivables.queries.invoice_money import InvoiceMoney, invoice_money, settled_count
from billing.receivables.queries.open_items import OpenItem, open_item
from console.approvals.forms import CreditNoteForm
from console.invoices.wording.standing import standing_words
from console.shell.access import StaffRequest, may_any
from core.clock import now


def head_of(request: StaffRequest, found: Invoice, tab: str) -> dict[str, Any]:
    """The head of a page that says no more of the money than how it stands."""
    item = open_item(found, at=now()) if is_owed(found) else None
    count = settled_count(found, at=now()) if item else 0
    return _head(request, found, tab, item, count)


def head_with_money(
    request: StaffRequest, found: Invoice, tab: str
) -> tuple[dict[str, Any], InvoiceMoney | None]:
    """The head of a page that tells the money step by step, and the money; None of a draft."""
    money = invoice_money(found, at=now()) if is_owed(found) else None
    item, count = (money.item, len(money.settled)) if money else (None, 0)
    return _head(request, found, tab, item, count), money


def is_owed(found: Invoice) -> bool:
    """Whether it is paid by itself: a statement is paid with what it is part of."""
    return not found.is_draft and not found.is_statement


def _head(
    request: StaffRequest, found: Invoice, tab: str, item: OpenItem | None, settled: int
) -> dict[str, Any]:
    detail = invoices.detail(found)
    files = MadeFiles(0, "") if found.is_draft else made_files(found)
    may_take = permitted(request.user, Permission.BILLING_READ)
    may_credit = may_any(request.user, tuple(present_policy().proposing(CreditNoteForm.kind)))
    return {
        "invoice": detail,
        "row": detail.row,
        "tab": tab,
        "item": item,
        "settled_count": settled,
        "file_count": files.count,
        "may_take_papers": may_take,
        "pdf": files.pdf if may_take else "",
        "may_credit": may_credit and item is not None and not item.is_void,
        "standing": standing_words(detail.row, item) if item else "",
    }
