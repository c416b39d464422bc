"""Agree with an account how it is invoiced."""

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import Account
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.models.invoice_terms import GRACE_DAYS_MAX
from core.actor import Actor, acting_as
from core.db.stamps import Seen, require_unchanged
from core.db.transactions import transaction
from core.errors import Invalid
from eventing.publish import publish


class InvoiceTermsInvalid(Invalid):
    """What was asked for breaks a rule."""

    code = "invoice_terms_invalid"
    title = "The invoice terms are not valid"


@dataclass(frozen=True, slots=True)
class AgreedTerms:
    """Fields as on `InvoiceTerms`; the threshold in minor units of the account's currency."""

    grace_days: int | None = None
    consolidates: bool = False
    threshold_minor: int | None = None
    purchase_order: str = ""
    note: str = ""

    def check(self) -> None:
        """Raises: InvoiceTermsInvalid."""
        if self.grace_days is not None and not 0 <= self.grace_days <= GRACE_DAYS_MAX:
            raise InvoiceTermsInvalid(
                f"Grace is 0 to {GRACE_DAYS_MAX} days, or empty.", field="grace_days"
            )
        if self.threshold_minor is not None and self.threshold_minor <= 0:
            raise InvoiceTermsInvalid("A threshold is above 0, or empty.", field="threshold")
        if len(self.purchase_order) > 100:
            raise InvoiceTermsInvalid(
                "A purchase order has 100 characters at most.", field="purchase_order"
            )
        if len(self.note) > 1_000:
            raise InvoiceTermsInvalid("A note has 1,000 characters at most.", field="note")


def agree(
    *,
    account: Account,
    terms: AgreedTerms,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> InvoiceTerms:
    """Put terms in force for what is drafted from now on; what is issued keeps what it says.

    `made_from` is the stamp of the row that was looked at. Raises: InvoiceTermsInvalid,
    ChangedSince, StampUnreadable.
    """
    terms.check()
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if made_from is not None:
            require_unchanged(made_from, Seen(InvoiceTerms, {"account_id": account.pk}))
        row = InvoiceTerms.objects.filter(account=account).first()
        row = row or InvoiceTerms(account=account)
        for name, value in asdict(terms).items():
            setattr(row, name, value)
        row.save()
        publish(
            "account.invoice_terms_agreed",
            subject=account.public_id,
            payload={"consolidates": terms.consolidates, "grace_days": terms.grace_days},
            at=at,
            account=account.public_id,
        )
    return row
