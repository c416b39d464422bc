"""Late usage: what an issued invoice would be short of, as lines for a later one.

Compares issued periods as they would be billed now with what was settled of them (`settled`); how
the difference is charged is decided in `differences`. Nothing is written here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.adjusting import with_adjustments
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.couponing import with_coupons
from billing.invoicing.drafting.credit import with_credit
from billing.invoicing.drafting.differences import differences
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.granting import with_grants
from billing.invoicing.drafting.license_fees import with_license_fees
from billing.invoicing.drafting.pool_draws import with_pool_draws
from billing.invoicing.drafting.rated import inputs_digest, items, lines_of, rated_drafts
from billing.invoicing.drafting.settled import Decided, decided_of, settled_of
from billing.invoicing.drafting.snapshots import Snapshot, snapshots
from billing.invoicing.drafting.taxing import with_tax
from billing.invoicing.drafting.thresholds import with_deductions
from billing.invoicing.models import Invoice
from billing.invoicing.models.invoices import of_period
from core.errors import DomainError

LOOKBACK = timedelta(days=100)
"""How old an issued period may be for its late usage to be billed by a run. Sources accept events
of the last 62 days by default; what a person releases from quarantine after that stays open until
a person decides."""


@dataclass(frozen=True, slots=True)
class LateUsage:
    """What late usage of one issued invoice comes to now, or why it cannot be rated."""

    invoice: Invoice
    lines: Sequence[DraftLine]
    problem: DomainError | None = None

    @property
    def amount_minor(self) -> int:
        """The sum of the lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def stamp(self) -> str:
        """What somebody sees of it who decides on it: the amount, and what it is made of."""
        lines = [[line.key, line.amount_minor, line.quantity] for line in self.lines]
        return f"{self.amount_minor}.{digest(lines)}"


def late_usage(issued: Sequence[Invoice], *, settled: bool = True) -> list[LateUsage]:
    """The late usage of issued invoices, each compared with what was settled of it.

    An invoice whose inputs are what they were costs a comparison of digests. `settled` is that of
    `snapshots`.
    """
    scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in issued]
    decided = decided_of(issued)
    found = []
    for invoice, snapshot in zip(issued, snapshots(scopes, settled=settled), strict=True):
        if isinstance(snapshot, DomainError):
            found.append(LateUsage(invoice, (), snapshot))
            continue
        before = decided.get(invoice.pk)
        if before is None and inputs_digest(snapshot) == invoice.inputs_digest:
            found.append(LateUsage(invoice, ()))
            continue
        try:
            found.append(LateUsage(invoice, _lines(invoice, snapshot, before)))
        except DomainError as problem:
            found.append(LateUsage(invoice, (), problem))
    return found


def drafts(
    scopes: Sequence[AccountPeriod],
    *,
    reopened: Sequence[AccountPeriod] = (),
    settled: bool = True,
    issued_at: datetime | None = None,
) -> list[InvoiceDraft | DomainError]:
    """What the bills of these periods say, in their order: their own usage, the late usage of
    earlier, issued periods of their accounts, and the credit they take or leave over; or why there
    is none. Those of the `reopened` ones follow: late usage of others is not theirs.

    What an account's bill says depends on that account alone, whoever else is asked for: its
    periods are taken in order of time, and late usage goes on the first that can be billed, as open
    adjustments do. Instead
    of a draft whose late usage cannot be rated comes the reason. `settled` is that
    of `snapshots`, `issued_at` of `with_tax`. Raises: UsageUnsettled.
    """
    asked = [*scopes, *reopened]
    in_order = sorted(range(len(asked)), key=lambda position: asked[position].period.start)
    rated = rated_drafts(asked, settled=settled)
    open_by_account = _late_by_account(scopes, settled=settled)
    billed = []
    for position in in_order:
        answer, scope = rated[position], asked[position]
        waiting = open_by_account.get(scope.account_id) if position < len(scopes) else None
        if isinstance(answer, InvoiceDraft) and waiting:
            answer = _with(answer, [each for each in waiting if _bills_late(scope, each.invoice)])
            if isinstance(answer, InvoiceDraft):
                open_by_account[scope.account_id] = [
                    each for each in waiting if not _bills_late(scope, each.invoice)
                ]
        billed.append(answer)
    billed = with_license_fees(with_pool_draws(billed))
    billed = with_deductions(billed, [asked[position] for position in in_order])
    billed = with_adjustments(billed, taking=[position < len(scopes) for position in in_order])
    billed = with_grants(with_coupons(billed))
    placed = dict(zip(in_order, with_credit(with_tax(billed, issued_at=issued_at)), strict=True))
    return [placed[position] for position in range(len(asked))]


def _late_by_account(
    scopes: Sequence[AccountPeriod], *, settled: bool
) -> dict[int, list[LateUsage]]:
    found: dict[int, list[LateUsage]] = defaultdict(list)
    for late in late_usage(_issued_before(scopes), settled=settled):
        if late.lines or late.problem:
            found[late.invoice.account_id].append(late)
    return found


def _bills_late(scope: AccountPeriod, invoice: Invoice) -> bool:
    """Whether the period comes after an issued one, and soon enough to bill what is late of it."""
    return invoice.period_until <= scope.period.start < invoice.period_until + LOOKBACK


def _with(draft: InvoiceDraft, late: Sequence[LateUsage]) -> InvoiceDraft | DomainError:
    for each in late:
        if each.problem is not None:
            return each.problem
        keys = [[line.key, line.amount_minor, line.quantity] for line in each.lines]
        draft = replace(
            draft,
            lines=[*draft.lines, *each.lines],
            inputs_digest=digest([draft.inputs_digest, each.invoice.public_id, keys]),
        )
    return draft


def _issued_before(scopes: Sequence[AccountPeriod]) -> list[Invoice]:
    """The issued invoices whose late usage one of these periods bills, oldest first."""
    if not scopes:
        return []
    by_account: dict[int, list[AccountPeriod]] = defaultdict(list)
    for scope in scopes:
        by_account[scope.account_id].append(scope)
    invoices = Invoice.objects.filter(
        of_period(),
        account_id__one_of=by_account,
        period_until__gt=min(scope.period.start for scope in scopes) - LOOKBACK,
    ).order_by("period_from")
    return [
        invoice
        for invoice in invoices
        if any(_bills_late(scope, invoice) for scope in by_account[invoice.account_id])
    ]


def _lines(invoice: Invoice, snapshot: Snapshot, decided: Decided | None) -> list[DraftLine]:
    settled = settled_of(invoice, decided or {})
    named, changed = differences(invoice, snapshot, list(items(snapshot)), settled)
    if not changed:
        return []
    return [_printed(invoice, line) for line in lines_of(named, changed)]


def _printed(invoice: Invoice, line: DraftLine) -> DraftLine:
    return line._replace(
        description=f"Late usage of invoice {invoice.number} · {line.description}",
        corrects_id=invoice.pk,
    )
