"""Whether what was said to customers about money is kept: read by the gate of bills and by screens.

A credit is kept once credit notes and adjustments that name the dispute come to as much as was said
so far; an estimate, once the next invoice comes to no more. Fixed numbers of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Sum

from billing.disputes.models import DisputeCase, MoneyPromise
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.models import Adjustment, CreditNote, Invoice
from billing.invoicing.models.invoices import of_period
from core.errors import DomainError, NotFound
from core.money import Money


class MoneyPromiseBroken(DomainError):
    """What was said to a customer about money is not what the bill says."""

    code = "money_promise_broken"
    title = "What was said to the customer is not kept"


class MoneyPromiseState(StrEnum):
    """How it stands with what was said."""

    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True)
class MoneyPromiseStanding:
    """What was said, how it stands, and the invoice that it was checked at, once there is one."""

    promise: MoneyPromise
    state: MoneyPromiseState
    checked_at: Invoice | None
    given: Money

    @property
    def is_open(self) -> bool:
        """Whether a bill may still wait for it."""
        return self.state in (MoneyPromiseState.RUNNING, MoneyPromiseState.BROKEN)


def find_promise(case: DisputeCase, public_id: str) -> MoneyPromise:
    """What was said in a case, by its id. Raises: NotFound."""
    rows = MoneyPromise.objects.filter(case=case, public_id=public_id[:64])
    found = rows.select_related("case").first()
    if found is None:
        raise NotFound(f"{case} has nothing of the kind.")
    return found


def promises_of(case: DisputeCase) -> list[MoneyPromiseStanding]:
    """What was said in a case, in order; five queries."""
    rows = (
        MoneyPromise.objects.filter(case=case)
        .select_related("case", "account", "let_pass")
        .order_by("pk")
    )
    return standings(list(rows))


def promises_on(invoice: Invoice) -> list[MoneyPromiseStanding]:
    """What was said to the account of an issued invoice and checked at it; up to five queries."""
    rows = MoneyPromise.objects.filter(
        account=invoice.account_id, currency=invoice.currency, said_at__lt=invoice.period_until
    ).select_related("case", "account", "let_pass")
    found = standings(list(rows.order_by("pk")))
    return [each for each in found if each.checked_at == invoice]


def standings(promises: Sequence[MoneyPromise]) -> list[MoneyPromiseStanding]:
    """How it stands with promises whose case and release are loaded; four queries."""
    given = given_for_cases({each.case for each in promises})
    checked = _checked_at(promises)
    return [_standing(each, promises, given, checked.get(each.pk)) for each in promises]


def broken_promises(drafts: Sequence[InvoiceDraft]) -> dict[int, DomainError]:
    """The drafts that would break what was said, with the sentence, by position.

    One query where nobody was told anything.
    """
    by_account = {draft.account_id: draft for draft in drafts}
    rows = MoneyPromise.objects.filter(
        account__in=by_account, let_pass__isnull=True
    ).select_related("case", "account")
    promises = list(rows.order_by("pk"))
    if not promises:
        return {}
    given, checked = given_for_cases({each.case for each in promises}), _checked_at(promises)
    found: dict[int, DomainError] = {}
    for position, draft in enumerate(drafts):
        for each in promises:
            if (
                each.account_id != draft.account_id
                or each.currency != draft.currency
                or each.said_at >= draft.period.end
                or each.pk in checked
            ):
                continue
            comes_to = _comes_to(each, draft, promises, given)
            if comes_to is not None:
                found.setdefault(position, _broken(each, comes_to))
    return found


def _comes_to(
    promise: MoneyPromise,
    draft: InvoiceDraft,
    promises: Sequence[MoneyPromise],
    given: dict[tuple[str, str], int],
) -> Money | None:
    """What is so instead of what was said; None where it is kept."""
    if promise.kind == MoneyPromise.Kind.ESTIMATE:
        minor = draft.subtotal_minor
        return None if minor <= promise.amount_minor else Money.from_minor(minor, draft.currency)
    minor = given.get((promise.case.number, promise.currency), 0)
    said = _said_so_far(promise, promises)
    return None if minor >= said else Money.from_minor(minor, promise.currency)


def given_for_cases(cases: Iterable[DisputeCase]) -> dict[tuple[str, str], int]:
    """What credit notes (with tax) and adjustments that name cases give, by number and currency."""
    numbers = {case.number for case in cases}
    found: dict[tuple[str, str], int] = defaultdict(int)
    notes = CreditNote.objects.filter(ticket__in=numbers).order_by()
    for number, currency, minor in notes.values_list("ticket", "currency").annotate(
        Sum("total_minor")
    ):
        found[number, currency] += minor
    adjusted = Adjustment.objects.filter(ticket__in=numbers).order_by()
    for number, currency, minor in adjusted.values_list("ticket", "currency").annotate(
        Sum("amount_minor")
    ):
        found[number, currency] -= minor
    return dict(found)


def _said_so_far(promise: MoneyPromise, promises: Sequence[MoneyPromise]) -> int:
    """All credits that were said in the case up to this one."""
    return sum(
        each.amount_minor
        for each in promises
        if each.case_id == promise.case_id
        and each.currency == promise.currency
        and each.kind == MoneyPromise.Kind.CREDIT
        and each.pk <= promise.pk
    )


def _checked_at(promises: Sequence[MoneyPromise]) -> dict[int, Invoice]:
    """The first invoice of each promise's account whose period ends after it was said."""
    if not promises:
        return {}
    first = min(each.said_at for each in promises)
    accounts = {each.account_id for each in promises}
    invoices = list(
        Invoice.objects.filter(of_period(), account__in=accounts, period_until__gt=first).order_by(
            "period_until"
        )
    )
    found: dict[int, Invoice] = {}
    for each in promises:
        for invoice in invoices:
            if (
                invoice.account_id == each.account_id
                and invoice.currency == each.currency
                and invoice.period_until > each.said_at
                and _issued_after(invoice, each.said_at)
            ):
                found.setdefault(each.pk, invoice)
    return found


def _issued_after(invoice: Invoice, at: datetime) -> bool:
    return invoice.issued_at is not None and invoice.issued_at > at


def _standing(
    promise: MoneyPromise,
    promises: Sequence[MoneyPromise],
    given: dict[tuple[str, str], int],
    checked: Invoice | None,
) -> MoneyPromiseStanding:
    minor = given.get((promise.case.number, promise.currency), 0)
    if promise.kind == MoneyPromise.Kind.CREDIT:
        is_kept, told = minor >= _said_so_far(promise, promises), minor
    else:
        told = checked.subtotal_minor if checked else 0
        is_kept = checked is not None and told <= promise.amount_minor
    if is_kept:
        state = MoneyPromiseState.KEPT
    elif hasattr(promise, "let_pass"):
        state = MoneyPromiseState.LET_GO
    else:
        state = MoneyPromiseState.BROKEN if checked is not None else MoneyPromiseState.RUNNING
    return MoneyPromiseStanding(promise, state, checked, Money.from_minor(told, promise.currency))


def _broken(promise: MoneyPromise, comes_to: Money) -> MoneyPromiseBroken:
    said = f"{promise.said_by} said to {promise.said_to} on {promise.said_at:%Y-%m-%d}"
    what = (
        f"{comes_to} was credited so far"
        if promise.kind == MoneyPromise.Kind.CREDIT
        else f"the invoice comes to {comes_to} before tax"
    )
    return MoneyPromiseBroken(
        f"{said}: “{promise.words}” ({promise.amount}); {what}. Keep it, or let it pass on "
        f"{promise.case} with a reason.",
        dispute=promise.case.public_id,
    )
