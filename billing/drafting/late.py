"""Late usage: what an issued invoice would be short of, as lines for a later one.

Compares issued periods as they would be billed now with what was settled of them (`settled`); how
the difference is charged is decided in `differences`. Nothing is written here.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from billing.drafting.calendar import AccountPeriod
from billing.drafting.differences import differences
from billing.drafting.drafts import Draft, DraftLine
from billing.drafting.rated import inputs_digest, items, lines_of
from billing.drafting.settled import Decided, decided_of, settled_of
from billing.drafting.snapshots import Snapshot, snapshots
from billing.invoicing.content import digest
from billing.models import Invoice
from core.errors import DomainError

LOOKBACK = timedelta(days=100)
"""How old an issued period may be for its late usage to be billed by a run. Sources accept events
of the last 62 days by default; what a person releases from quarantine after that stays open until
a person decides."""


class NegativeTotal(DomainError):
    """The lines sum to less than nothing; an invoice never owes the payer money."""

    code = "invoice_total_negative"
    title = "The invoice would be negative"


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


def late_usage(issued: Sequence[Invoice]) -> list[LateUsage]:
    """The late usage of issued invoices, each compared with what was settled of it.

    An invoice whose inputs are what they were costs a comparison of digests.
    """
    scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in issued]
    settled = decided_of(issued)
    found = []
    for invoice, snapshot in zip(issued, snapshots(scopes), strict=True):
        if isinstance(snapshot, DomainError):
            found.append(LateUsage(invoice, (), snapshot))
            continue
        before = settled.get(invoice.pk)
        if before is None and inputs_digest(snapshot) == invoice.inputs_digest:
            found.append(LateUsage(invoice, ()))
            continue
        try:
            found.append(LateUsage(invoice, _lines(invoice, snapshot, before)))
        except DomainError as problem:
            found.append(LateUsage(invoice, (), problem))
    return found


def with_late_usage(
    scopes: Sequence[AccountPeriod], results: Sequence[Draft | DomainError]
) -> list[Draft | DomainError]:
    """The drafts with the late usage of earlier, issued periods of their accounts added.

    A draft that would owe its payer money, and one whose late usage cannot be rated, becomes the
    reason why it cannot be billed.
    """
    earlier = due_before(scopes) if scopes else {}
    positions = [position for position, invoices in earlier.items() for _ in invoices]
    found = late_usage([invoice for invoices in earlier.values() for invoice in invoices])
    answers = list(results)
    for position, late in zip(positions, found, strict=True):
        draft = answers[position]
        if isinstance(draft, Draft):
            answers[position] = _with(draft, late)
    return [
        NegativeTotal(f"The lines sum to {answer.subtotal_minor} minor units.")
        if isinstance(answer, Draft) and answer.subtotal_minor < 0
        else answer
        for answer in answers
    ]


def _with(draft: Draft, late: LateUsage) -> Draft | DomainError:
    if late.problem is not None:
        return late.problem
    if not late.lines:
        return draft
    keys = [[line.key, line.amount_minor, line.quantity] for line in late.lines]
    return replace(
        draft,
        lines=[*draft.lines, *late.lines],
        inputs_digest=digest([draft.inputs_digest, late.invoice.public_id, keys]),
    )


def due_before(scopes: Sequence[AccountPeriod]) -> dict[int, list[Invoice]]:
    """Issued invoices of earlier periods, by position of the scope that bills their late usage."""
    invoices = Invoice.objects.filter(
        account_id__one_of={scope.account_id for scope in scopes},
        state=Invoice.State.ISSUED,
        period_until__gt=min(scope.period.start for scope in scopes) - LOOKBACK,
    ).order_by("period_from")
    by_account: dict[int, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        by_account[invoice.account_id].append(invoice)
    found: dict[int, list[Invoice]] = {}
    for position, scope in enumerate(scopes):
        earlier = [
            invoice
            for invoice in by_account[scope.account_id]
            if invoice.period_until <= scope.period.start
        ]
        if earlier:
            found[position] = earlier
            # Only one of an account's due periods bills what is late.
            by_account[scope.account_id] = []
    return found


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
