"""One invoice: its money, its lines, what it was set against, and what happened to it."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, permitted
from approvals.queries.proposals import proposals_of
from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.operations import bill_comparisons
from billing.invoicing.queries import invoices
from billing.invoicing.queries.adjustments import adjustments_about
from billing.invoicing.queries.bill_change import NothingBefore, earlier_of
from billing.overview.queries import history
from billing.papers.queries.papers import papers_of
from billing.receivables.queries.next_actions import invoice_life
from console.approvals.invoice_actions import not_proposed, proposable
from console.invoices.comparing import InvoiceBeside, beside
from console.invoices.heads import head_of, head_with_money
from console.invoices.one_off_forms import WhyForm
from console.invoices.wording.money import tell_money
from console.invoices.wording.money_columns import tell_columns
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.masking import mask_billed_to, mask_entries, sight_of
from console.shell.query_params import choice, lines_wanted, words
from core.clock import now

PROPOSALS_SHOWN: Final = 20


@require_GET
@screen(*BILLING)
def invoice(request: StaffRequest, ref: str) -> HttpResponse:
    """An invoice by number or id: its money, and why it is not what the one before it was."""
    found, at = invoices.find(ref), now()
    head, money = head_with_money(request, found, "overview")
    detail: invoices.InvoiceDetail = head["invoice"]
    earlier = earlier_of(found)
    sight = sight_of(found.account, request.user, at=at)
    life = invoice_life(found, at=at, item=money.item if money else None)
    context = head | {
        "money": money,
        "life": life,
        "life_actions": not_proposed(life) if money else life.actions,
        "statements": invoices.statements_of(found),
        "found": found,
        "may_issue": permitted(request.user, Permission.RUN_APPROVE),
        "may_discard": permitted(request.user, Permission.RUN_PROPOSE),
        "discard_form": WhyForm(),
        "columns": tell_columns(detail, money),
        "earlier": earlier,
        "told": beside(found, earlier, by=ToldBy.PRICE).told if earlier else None,
        "sight": sight,
        "actions": proposable(life, money, request.user) if money else (),
        "proposals": proposals_of(found.public_id, at=at, most=PROPOSALS_SHOWN) if money else (),
        "billed_to": mask_billed_to(detail.billed_to, sight),
    }
    return render(request, "console/invoices/invoice.html", context)


@require_GET
@screen(*BILLING)
def invoice_lines(request: StaffRequest, ref: str) -> HttpResponse:
    """The lines of an invoice by app."""
    found = invoices.find(ref)
    context = head_of(request, found, "lines")
    context["page"] = invoices.lines_of(found, lines_wanted(request))
    return render(request, "console/invoices/invoice_lines.html", context)


@require_GET
@screen(*BILLING)
def invoice_payments(request: StaffRequest, ref: str) -> HttpResponse:
    """What settled an invoice, what its taxes are, and its place in the books."""
    found = invoices.find(ref)
    context, money = head_with_money(request, found, "payments")
    context |= {
        "money": tell_money(money) if money else None,
        "journal": invoices.journal_of(found.public_id),
        "notes": found.credit_notes.order_by("-issued_at", "-pk") if money else (),
        "adjustments": adjustments_about(found) if money else (),
    }
    return render(request, "console/invoices/invoice_payments.html", context)


@require_GET
@screen(*BILLING)
def invoice_documents(request: StaffRequest, ref: str) -> HttpResponse:
    """The documents of an invoice, its credit notes and its void, in every format."""
    found = invoices.find(ref)
    context = head_of(request, found, "documents")
    context["papers"] = [] if found.is_draft else papers_of(found)
    return render(request, "console/invoices/invoice_documents.html", context)


@require_GET
@screen(*BILLING)
def invoice_compare(request: StaffRequest, ref: str) -> HttpResponse:
    """An invoice beside the one before it: every part of the difference opens its lines."""
    found = invoices.find(ref)
    by = ToldBy(choice(request, "by", list(ToldBy)) or ToldBy.PRICE)
    earlier = earlier_of(found)
    shown = (
        beside(found, earlier, by=by, part=words(request, "part")) if earlier else InvoiceBeside()
    )
    if request.htmx and shown.progress is None:
        # It is done: the whole page has more to show.
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    context = {"by": by, "told": shown.told, "opened": shown.opened, "progress": shown.progress}
    if request.htmx:
        found_row = {"row": invoices.row_of(found)}
        return render(request, "console/invoices/_comparing.html", context | found_row)
    context |= head_of(request, found, "compare")
    return render(request, "console/invoices/invoice_compare.html", context)


@require_POST
@screen(*BILLING)
def invoice_compare_ask(request: StaffRequest, ref: str) -> HttpResponse:
    """Have a worker set a long invoice against the one before it, then its page again."""
    found = invoices.find(ref)
    earlier = earlier_of(found)
    if earlier is None:
        raise NothingBefore("The account has no earlier invoice in this currency.")
    bill_comparisons.ask(invoice=found, earlier=earlier, at=now(), by=request.user.actor)
    return redirect("console:invoice-compare", ref)


@require_GET
@screen(*BILLING)
def invoice_history(request: StaffRequest, ref: str) -> HttpResponse:
    """What happened to an invoice, who did it and why."""
    found = invoices.find(ref)
    sight = sight_of(found.account, request.user, at=now())
    context = head_of(request, found, "history")
    context["entries"] = mask_entries(history.invoice_timeline(found), sight)
    return render(request, "console/invoices/invoice_history.html", context)
