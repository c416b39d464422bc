"""What was agreed with an account about its invoices."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.models.invoice_terms import GRACE_DAYS_MAX
from billing.invoicing.operations import invoice_terms
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.overview.queries import accounts
from billing.overview.queries.rule_history import terms_history
from console.accounts.views import account_head
from console.finance.forms import AmountField, OfOneCurrency, units_said
from console.shell.access import StaffRequest, screen
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom, form_page
from core.clock import now
from core.db.stamps import Seen, stamp_of

_PAGE: Final = "console/accounts/account_terms.html"


class AgreesTerms(MadeFrom, OfOneCurrency):
    """How an account is invoiced."""

    purchase_order = forms.CharField(
        label="Purchase order",
        max_length=100,
        required=False,
        help_text="Printed on the invoice, and its buyer’s reference.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Note",
        max_length=1_000,
        required=False,
        help_text="Printed on the invoice; the customer reads it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    grace_days = forms.IntegerField(
        label="Least days from the end of a period to its bill",
        required=False,
        min_value=0,
        max_value=GRACE_DAYS_MAX,
        help_text="Empty: as the run says.",
    )
    consolidates = forms.BooleanField(
        label="One invoice for all accounts it pays for, a statement for each", required=False
    )
    threshold = AmountField(
        "Billed at once, as soon as usage comes to",
        required=False,
        help_text="For accounts whose debt must not grow. Empty: at the end of the period.",
    )
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        said["threshold_minor"] = self.minor_said("threshold", self.currency)
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def account_terms(request: StaffRequest, public_id: str) -> HttpResponse:
    """The invoice terms of an account, and how they came about."""
    account = accounts.find(public_id)
    made_from = stamp_of(Seen(InvoiceTerms, {"account_id": account.pk}))
    row = InvoiceTerms.objects.filter(account=account).first()
    form = AgreesTerms(
        request.POST or None,
        currency=account.currency,
        initial=_initial(row, account.currency),
        made_from=made_from,
    )
    context = account_head(account) | {
        "tab": "overview",
        "form": form,
        "entries": terms_history(account),
    }

    def change(said: dict[str, Any]) -> None:
        names = ("grace_days", "consolidates", "threshold_minor", "purchase_order", "note")
        invoice_terms.agree(
            account=account,
            terms=AgreedTerms(**{name: said[name] for name in names}),
            at=now(),
            by=request.user.actor,
            reason=said["reason"],
            made_from=form.seen,
        )

    done, to = (
        "The terms hold for what is drafted from now on.",
        reverse("console:account", args=[account.public_id]),
    )
    return form_page(request, _PAGE, context, change, done=done, to=to)


def _initial(row: InvoiceTerms | None, currency: str) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "purchase_order": row.purchase_order,
        "note": row.note,
        "grace_days": row.grace_days,
        "consolidates": row.consolidates,
        "threshold": units_said(row.threshold_minor, currency),
    }
