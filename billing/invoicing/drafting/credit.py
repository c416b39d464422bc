"""Credit that did not fit on an invoice: carried forward to the next ones of its account.

An invoice never owes its payer money. What its lines come to below zero is carried forward, and the
account's next invoices take it, each as much as it comes to. The ledger is where the credit lies.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from django.db.models import Sum

from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.ledger.chart_of_accounts import CUSTOMER_CREDIT
from billing.ledger.models import JournalLine
from core.errors import DomainError


def credit_of(account_ids: Collection[int]) -> dict[int, int]:
    """The credit carried forward of each account that has some, in minor units; one query."""
    lines = JournalLine.objects.filter(
        ledger_account__code=CUSTOMER_CREDIT, account_id__one_of=account_ids
    )
    sums = lines.order_by().values_list("account_id").annotate(Sum("amount_minor"))
    return {account_id: -minor for account_id, minor in sums if minor}


def with_credit(answers: Sequence[InvoiceDraft | DomainError]) -> list[InvoiceDraft | DomainError]:
    """The drafts, in order of their periods, with the credit that each takes or leaves over."""
    drafts = [answer for answer in answers if isinstance(answer, InvoiceDraft)]
    credit: dict[int, int] = defaultdict(int, credit_of({draft.account_id for draft in drafts}))
    found = []
    for answer in answers:
        if isinstance(answer, InvoiceDraft) and answer.shows_something:
            due = answer.subtotal_minor + answer.tax_minor
            carried = -min(credit[answer.account_id], due) if due > 0 else -due
            credit[answer.account_id] += carried
            answer = replace(answer, carried_minor=carried)
        found.append(answer)
    return found
