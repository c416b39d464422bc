"""Bill what was used as soon as it comes to an account's threshold, before its month has ended.

Found from state: whatever a sweep missed, the next one bills, and a second one bills nothing.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from accounts.models import Account
from billing.invoicing.drafting.thresholds import UsedSoFar, used_so_far
from billing.invoicing.models import Invoice, InvoiceTerms
from billing.invoicing.operations.stored_drafts import issue_now
from billing.invoicing.queries.month_to_date import scopes_at
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import DomainError
from core.isolating import isolated
from usage.derivation.refresh import refresh

logger = logging.getLogger(__name__)


def bill_reached(*, account: Account, at: datetime, by: Actor, reason: str) -> Invoice | None:
    """Issue an invoice of what was used of the month by `at`, where it comes to the threshold.

    It is measured on usage before discounts that no threshold invoice billed yet. None where the
    account has no threshold, or did not reach it. Raises: UsageUnsettled, and what rating refuses.
    """
    refresh([account.pk])
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        terms = InvoiceTerms.objects.filter(account=account).first()
        scopes = [each for each in scopes_at([account.pk], at) if each.period.start < at]
        if terms is None or not terms.threshold_minor or not scopes:
            return None
        used = used_so_far(scopes[0], issued_at=at)
        if isinstance(used, DomainError):
            raise used
        if not _is_reached(used, terms.threshold_minor):
            return None
        return issue_now(draft=used.draft, at=at)


def _is_reached(used: UsedSoFar, threshold_minor: int) -> bool:
    return used.new_gross_minor >= threshold_minor and used.draft.subtotal_minor > 0


def bill_all_reached(*, at: datetime, by: Actor, reason: str) -> list[Invoice]:
    """Look at every account that has a threshold, each by itself; one that fails stops no other."""
    issued: list[Invoice] = []

    def bill(accounts: Sequence[Account]) -> None:
        for account in accounts:
            invoice = bill_reached(account=account, at=at, by=by, reason=reason)
            if invoice is not None:
                issued.append(invoice)

    with_threshold = Account.objects.filter(invoice_terms__threshold_minor__isnull=False)
    for account in with_threshold.order_by("pk").iterator():
        isolated([account], bill, set_aside=_not_billed)
    return issued


def _not_billed(account: Account, problem: Exception) -> None:
    logger.error("threshold_not_billed", exc_info=problem, extra={"account": account.pk})
