"""What lists of invoices, decisions on late usage and parked accounts can be narrowed by."""

from __future__ import annotations

from django_filters import ChoiceFilter

from billing.invoicing.models import BillRunItem, Invoice, LateUsageDecision
from core.filtering import IdFilter, NounFilters, TextFilter


class InvoiceFilters(NounFilters):
    """By state, account, number and currency."""

    state = ChoiceFilter(choices=Invoice.State.choices)
    account = IdFilter("account__public_id", prefix="acc")
    number = TextFilter("number", max_length=64)
    currency = TextFilter("currency", max_length=3)

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = ()


class LateUsageFilters(NounFilters):
    """By fate, account and the number of the invoice it came after."""

    fate = ChoiceFilter(choices=LateUsageDecision.Fate.choices)
    account = IdFilter("invoice__account__public_id", prefix="acc")
    invoice = TextFilter("invoice__number", max_length=64)

    class Meta:
        model = LateUsageDecision
        fields: tuple[str, ...] = ()


class ParkedFilters(NounFilters):
    """By the code of what stands in the way."""

    reason = TextFilter("parked_code")

    class Meta:
        model = BillRunItem
        fields: tuple[str, ...] = ()
