"""Late usage: what an issued invoice would be short of, as lines for a later one.

Rates the difference between what is metered now and what was settled so far, with the rating
package's own splits: tiers, allowances and caps go on where the issued invoice ended, and a
volume price takes its earlier amount back. Nothing is written here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum

from billing.drafting.billed_again import (
    NOTHING,
    Part,
    Settled,
    billed_again,
    is_single,
    late_key,
)
from billing.drafting.calendar import AccountPeriod
from billing.drafting.drafts import Draft, DraftLine
from billing.drafting.pricebook import BookPrice
from billing.drafting.rated import Item, inputs_digest, item_of, items, lines_of
from billing.drafting.snapshots import Snapshot, Subscribed, labels_of, snapshots
from billing.invoicing.content import digest
from billing.models import Invoice, InvoiceLine, LateUsageAmount, LateUsageDecision
from billing.rating import AlreadyBilled, Detail, expand
from core.errors import DomainError
from core.money import Money

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
    settled = _settled(issued)
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
        account_id__in={scope.account_id for scope in scopes},
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


Decided = Mapping[str, Settled]


def _settled(issued: Sequence[Invoice]) -> dict[int, Decided]:
    """What decisions settled, by invoice and charge; invoices without a decision are absent."""
    sums: dict[int, dict[str, Settled]] = defaultdict(dict)
    rows = (
        LateUsageAmount.objects.filter(decision__invoice__in=issued)
        .values_list("decision__invoice_id", "charge_key", "decision__fate")
        .annotate(quantity=Sum("quantity"), minor=Sum("amount_minor"))
        .order_by()
    )
    for invoice_id, charge_key, fate, *sum_of in rows:
        known = sums[invoice_id].get(charge_key, Settled())
        part = Part(*sum_of)
        sums[invoice_id][charge_key] = (
            replace(known, waived=part)
            if fate == LateUsageDecision.Fate.WAIVED
            else replace(known, billed=part)
        )
    return dict(sums)


def _lines(invoice: Invoice, snapshot: Snapshot, decided: Decided | None) -> list[DraftLine]:
    before = _billed(invoice, decided or {})
    now = {item.charge.key: item for item in items(snapshot)}
    changed = []
    for key, item in now.items():
        late = None if is_single(item) else _late_item(invoice, item, before.get(key))
        if late is not None:
            changed.append(late)
    lost = {
        key: settled.line
        for key, settled in before.items()
        if key not in now and settled.line is not None and settled.billed != NOTHING
    }
    snapshot = _naming(snapshot, lost.values())
    for key, line in lost.items():
        gone = _gone(snapshot, line, key)
        if gone is not None and is_single(gone):
            now[key] = gone
        elif gone is not None:
            late = _late_item(invoice, gone, before[key])
            if late is not None:
                changed.append(late)
    changed += billed_again(invoice, list(filter(is_single, now.values())), before)
    if not changed:
        return []
    return [_printed(invoice, line) for line in lines_of(snapshot, changed)]


def _billed(invoice: Invoice, decided: Decided) -> dict[str, Settled]:
    found: dict[str, Settled] = {}
    for line in invoice.lines.filter(corrects__isnull=True).order_by("position"):
        # A charge's own line carries its key; caps and discounts add a suffix to it.
        key = line.key.split("/", 1)[0]
        earlier = found.get(key)
        if earlier is None:
            part = Part(expand(line.explanation).measured, line.amount_minor)
            found[key] = Settled(part, line=line)
        else:
            more = Part(Decimal(0), line.amount_minor)
            found[key] = replace(earlier, billed=earlier.billed + more)
    first_late = _late_lines(invoice) if decided.keys() - found.keys() else {}
    for key, later in decided.items():
        known = found.get(key) or Settled(line=first_late.get(key))
        found[key] = replace(known, billed=known.billed + later.billed, waived=later.waived)
    return found


def _late_lines(invoice: Invoice) -> dict[str, InvoiceLine]:
    """A line of each charge that was billed late, for those the invoice itself does not have."""
    lines = InvoiceLine.objects.filter(corrects=invoice, invoice__state=Invoice.State.ISSUED)
    found: dict[str, InvoiceLine] = {}
    for line in lines.order_by("invoice", "position"):
        found.setdefault(charge_key_of(line.key), line)
    return found


def _late_item(invoice: Invoice, item: Item, settled: Settled | None) -> Item | None:
    """The item with only what is new since it was settled, or None when nothing is."""
    if settled is None and not item.charge.quantity and item.price.meter_id is not None:
        return None
    charge = item.charge
    if settled is None:
        return replace(item, charge=charge._replace(key=late_key(invoice, charge.key)))
    before = settled.before(charge.quantity)
    if before is None:
        return None
    amount = Money.from_minor(before.amount_minor, invoice.currency).amount
    detail = charge.detail or Detail()
    # Where terms changed within the period, earlier terms billed some of it before.
    earlier = detail.already or AlreadyBilled()
    already = AlreadyBilled(
        quantity=earlier.quantity + before.quantity, amount=(earlier.amount or 0) + amount
    )
    detail = replace(detail, already=already)
    changed = charge._replace(
        key=late_key(invoice, charge.key),
        quantity=charge.quantity - before.quantity,
        detail=detail,
    )
    return replace(item, charge=changed)


def _naming(snapshot: Snapshot, lines: Iterable[InvoiceLine]) -> Snapshot:
    """The snapshot with the names of these lines' resources, of which it may hold no usage."""
    named = {line.resource_id for line in lines if line.resource_id is not None}
    missing = named - snapshot.labels.keys()
    if not missing:
        return snapshot
    return replace(snapshot, labels={**snapshot.labels, **labels_of(missing)})


def _gone(snapshot: Snapshot, line: InvoiceLine, charge_key: str) -> Item | None:
    """The charge of a line of which nothing is metered any more."""
    found = _terms_of(snapshot, line)
    if found is None:
        return None
    subscribed, price = found
    group = (line.resource_id, tuple(line.dimensions.items()))
    item = item_of(snapshot, subscribed, price, group, Decimal(0))
    # Terms that changed within the period have keys of their own.
    return replace(item, charge=item.charge._replace(key=charge_key))


def _terms_of(snapshot: Snapshot, line: InvoiceLine) -> tuple[Subscribed, BookPrice] | None:
    for subscribed in snapshot.subscribed:
        is_meant = subscribed.subscription_id == line.subscription_id
        if is_meant and subscribed.span.contains(line.period_from):
            for price in subscribed.version.prices:
                if price.id == line.price_id:
                    return subscribed, price
    return None


def charge_key_of(line_key: str) -> str:
    """The key of the charge a late line belongs to, as on the issued invoice."""
    return line_key.split(":", 2)[2].split("/", 1)[0]


def _printed(invoice: Invoice, line: DraftLine) -> DraftLine:
    return line._replace(
        description=f"Late usage of invoice {invoice.number} · {line.description}",
        corrects_id=invoice.pk,
    )
