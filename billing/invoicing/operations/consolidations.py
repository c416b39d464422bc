"""One invoice of a payer for all the accounts it pays for: a statement each, split to the penny.

The accounts are rated as any other, each into a draft. When a month of the payer has ended, all of
its accounts' periods of that month go on one invoice; where one of them cannot be billed, none
are, and the month is parked with the account's name. Tax is rounded once on what the statements
come to together, and shared among them by largest remainder.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import Account, PayerAssignment
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.credit import with_credit
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts as drafts_of
from billing.invoicing.drafting.statements import consolidated, shared_tax
from billing.invoicing.models import BillRunItem, Consolidation, Invoice, InvoiceVoid
from billing.invoicing.models.invoice_terms import GRACE_DAYS_MAX
from billing.invoicing.operations.stored_drafts import (
    draft_instead,
    issue_with_statements,
    save_drafts,
)
from billing.invoicing.queries.due import calendars, due_periods
from billing.licences.operations.buckets import hold_pools
from core.actor import Actor, acting_as
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, DomainError
from core.isolating import isolated
from core.parking import why
from core.periods import Period
from usage.derivation.refresh import refresh

logger = logging.getLogger(__name__)

_GRACE_MAX = timedelta(days=GRACE_DAYS_MAX)


class AccountNotReady(DomainError):
    """A period of an account on the invoice has no bill yet."""

    code = "statement_not_ready"
    title = "An account of the invoice is not billed yet"


class PayerChanged(Conflict):
    """An account of the void invoice has another payer for that time now."""

    code = "payer_changed"
    title = "The payer is another one now"


class EarlierMonthWaits(DomainError):
    """An earlier period of one of the accounts waits for its invoice."""

    code = "earlier_month_waits"
    title = "An earlier month comes first"


def payers_waiting() -> list[Account]:
    """Payers with one invoice for all, for whom drafts wait; one query."""
    drafts = Invoice.objects.filter(state=Invoice.State.DRAFT, kind=Invoice.Kind.PERIOD)
    return list(
        Account.objects.filter(
            invoice_terms__consolidates=True, pk__in=drafts.values("payer_id")
        ).order_by("pk")
    )


def consolidate_all(*, at: datetime, by: Actor, reason: str) -> list[Consolidation]:
    """Issue what can be, payer by payer and month by month; one that fails stops no other."""
    made: list[Consolidation] = []

    def work(payers: Sequence[Account]) -> None:
        for payer in payers:
            for period in _months_waiting(payer, at):
                done = consolidate(payer=payer, period=period, at=at, by=by, reason=reason)
                made.append(done)
                if done.state == Consolidation.State.PARKED:
                    break

    for payer in payers_waiting():
        isolated([payer], work, set_aside=_not_consolidated)
    return made


def _not_consolidated(payer: Account, problem: Exception) -> None:
    logger.error("payer_not_consolidated", exc_info=problem, extra={"account": payer.pk})


def _months_waiting(payer: Account, at: datetime) -> list[Period]:
    """The payer's ended months to which periods of waiting drafts belong, oldest first."""
    calendar = calendars([payer.pk])[payer.pk]
    drafts = Invoice.objects.filter(
        state=Invoice.State.DRAFT, kind=Invoice.Kind.PERIOD, payer=payer
    )
    numbers = {calendar.number_at(_middle(draft.period)) for draft in drafts}
    months = [calendar.period(number) for number in sorted(numbers)]
    return [month for month in months if month.end <= at]


def _middle(period: Period) -> datetime:
    """The instant that says to which month of its payer a period belongs: clocks differ."""
    return period.start + (period.end - period.start) / 2


def consolidate(
    *, payer: Account, period: Period, at: datetime, by: Actor, reason: str
) -> Consolidation:
    """Issue a month of a payer with all its statements, or park it and say why.

    Raises: UsageUnsettled.
    """
    ids = _paid_for(payer, period)
    refresh(ids)
    with acting_as(by, reason=reason), transaction():
        accounts = Account.objects.filter(pk__one_of={*ids, payer.pk}).order_by("pk")
        names = dict(accounts.select_for_update(no_key=True).values_list("pk", "name"))
        hold_pools(list(names))
        answers, problem = _answers(payer, period, ids, names, issued_at=at)
        if problem is not None:
            return _settle(payer, period, at, parked=problem)
        drafts = [each for each in answers if isinstance(each, InvoiceDraft)]
        drafts = [each for each in drafts if each.shows_something]
        if not drafts:
            return _settle(payer, period, at)
        credited = _credited(drafts)
        saved = save_drafts(drafts=credited, at=at)
        found = Invoice.objects.in_bulk([each.invoice_id for each in saved])
        statements = [found[each.invoice_id] for each in saved]
        calendar = calendars([payer.pk])[payer.pk]
        zone = calendar.zone_of(calendar.number_at(period.start))
        parts = list(zip(statements, credited, strict=True))
        whole = consolidated(payer.pk, period, zone, parts, names)
        invoice = issue_with_statements(draft=whole, statements=statements, at=at)
        return _settle(payer, period, at, invoice=invoice)


def _credited(drafts: Sequence[InvoiceDraft]) -> list[InvoiceDraft]:
    """The statements with their shares of the tax, and the credit each takes or leaves."""
    shared = with_credit(shared_tax(drafts))
    return [each for each in shared if isinstance(each, InvoiceDraft)]


@transaction_required()
def issue_anew(*, void: InvoiceVoid, at: datetime) -> Invoice | None:
    """Issue a month anew whose invoice is void, with the statements of the same accounts.

    Each statement stands in for the void one of its account; an account whose period comes to
    nothing now has none. None where all of them come to nothing. Payer and accounts are locked.
    Raises: UsageUnsettled, PayerChanged, and what rating refuses.
    """
    old = void.invoice
    voids = list(
        InvoiceVoid.objects.filter(invoice__consolidated_on=old)
        .select_related("invoice__account")
        .order_by("invoice__period_from", "invoice__account_id")
    )
    scopes = [
        AccountPeriod(each.invoice.account_id, each.invoice.period, each.invoice.zone)
        for each in voids
    ]
    kept: list[tuple[InvoiceVoid, InvoiceDraft]] = []
    for each, answer in zip(voids, drafts_of((), reopened=scopes, issued_at=at), strict=True):
        if isinstance(answer, DomainError):
            raise answer
        if answer.shows_something:
            _require_payer(answer, old, each.invoice.account)
            kept.append((each, answer))
    if not kept:
        return None
    credited = _credited([draft for _, draft in kept])
    statements = draft_instead(voids=[each for each, _ in kept], drafts=credited, at=at)
    names = {each.invoice.account_id: each.invoice.account.name for each, _ in kept}
    parts = list(zip(statements, credited, strict=True))
    whole = consolidated(old.account_id, old.period, old.zone, parts, names)
    invoice = issue_with_statements(draft=whole, statements=statements, at=at, reissues=void)
    payer = Account.objects.get(pk=old.account_id)
    _settle(payer, old.period, at, invoice=invoice)
    return invoice


def _require_payer(draft: InvoiceDraft, old: Invoice, account: Account) -> None:
    if draft.payer_id != old.payer_id:
        raise PayerChanged(
            f"{account} is paid for by somebody else now; bill it by itself.",
            account=account.public_id,
        )


def _paid_for(payer: Account, period: Period) -> list[int]:
    """The accounts the payer pays for at the end of the month, in order."""
    rows = PayerAssignment.objects.filter(
        Q(paid_until__isnull=True) | Q(paid_until__gte=period.end),
        payer=payer,
        paid_from__lt=period.end,
    )
    return sorted(set(rows.values_list("account_id", flat=True)))


def _answers(
    payer: Account,
    period: Period,
    ids: Sequence[int],
    names: dict[int, str],
    *,
    issued_at: datetime,
) -> tuple[list[InvoiceDraft | DomainError], DomainError | None]:
    """What the accounts' periods come to now, or why the month has to wait."""
    waiting = list(
        Invoice.objects.filter(
            state=Invoice.State.DRAFT,
            kind=Invoice.Kind.PERIOD,
            account_id__one_of=ids,
            payer=payer,
            period_from__lt=period.end,
        ).order_by("period_from", "account_id")
    )
    early = [each for each in waiting if _middle(each.period) < period.start]
    if early:
        return [], EarlierMonthWaits(f"{names[early[0].account_id]} has an earlier month open.")
    waiting = [each for each in waiting if period.contains(_middle(each.period))]
    # Whoever has a grace of its own is waited for.
    due = due_periods(as_of=period.end + _GRACE_MAX, grace=timedelta(0), account_ids=ids)
    drafted = {(each.account_id, each.period_from) for each in waiting}
    missing = [
        each.account_id
        for each in [*due.periods, *due.unplannable]
        if period.contains(_middle(each.period))
        and (each.account_id, each.period.start) not in drafted
    ]
    if missing:
        return [], AccountNotReady(_not_ready(missing, names))
    scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in waiting]
    answers = drafts_of(scopes, issued_at=issued_at)
    for scope, answer in zip(scopes, answers, strict=True):
        if isinstance(answer, DomainError):
            return [], AccountNotReady(f"{names[scope.account_id]}: {answer.message}")
    return answers, None


def _not_ready(missing: Iterable[int], names: dict[int, str]) -> str:
    ids = list(dict.fromkeys(missing))
    parked = BillRunItem.objects.filter(
        account_id__one_of=ids, state=BillRunItem.State.PARKED
    ).order_by("-settled_at")
    reasons = {item.account_id: item.parked_reason for item in reversed(list(parked))}
    said = [
        f"{names[pk]} is not billed yet" + (f": {reasons[pk]}" if pk in reasons else "")
        for pk in ids[:5]
    ]
    return "; ".join(said)


def _settle(
    payer: Account,
    period: Period,
    at: datetime,
    *,
    invoice: Invoice | None = None,
    parked: DomainError | None = None,
) -> Consolidation:
    state = Consolidation.State.EMPTY
    if invoice is not None:
        state = Consolidation.State.ISSUED
    elif parked is not None:
        state = Consolidation.State.PARKED
    told = why(parked) if parked else None
    row, _ = Consolidation.objects.update_or_create(
        payer=payer,
        period_from=period.start,
        defaults={
            "period_until": period.end,
            "state": state,
            "invoice": invoice,
            "parked_code": told.code if told else "",
            "parked_reason": told.sentence if told else "",
            "settled_at": at,
        },
    )
    return row
