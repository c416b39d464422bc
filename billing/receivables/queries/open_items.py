"""What is open of invoices at an instant: total less settlements, what is held, what is due.

Only what was effective by then counts; what was recorded later and dated back does too, unless
`known_at` asks for what was known then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce, RowNumber

from billing.invoicing.models import Invoice, InvoiceVoid
from billing.invoicing.models.invoices import owed
from billing.receivables.models import Hold, HoldEntry, Settlement
from core.money import Money


class PaymentState(StrEnum):
    """How it stands with an issued invoice; derived, never stored."""

    OPEN = "open"
    OVERDUE = "overdue"
    PART_PAID = "part_paid"
    PAID = "paid"
    CREDITED = "credited"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"

    @property
    def label(self) -> str:
        """In words."""
        return self.value.replace("_", "-").capitalize()


@dataclass(frozen=True, slots=True)
class OpenItem:
    """How it stands with one issued invoice at an instant; amounts in minor units."""

    invoice: Invoice
    settled: Mapping[str, int] = field(default_factory=dict)
    held_minor: int = 0
    is_void: bool = False
    is_overdue: bool = False

    @property
    def paid_minor(self) -> int:
        """Settled by payments."""
        return self.settled.get(Settlement.Kind.PAYMENT, 0)

    @property
    def credited_minor(self) -> int:
        """Settled by credit notes."""
        return self.settled.get(Settlement.Kind.CREDIT_NOTE, 0)

    @property
    def written_off_minor(self) -> int:
        """Given up."""
        return self.settled.get(Settlement.Kind.WRITE_OFF, 0)

    @property
    def open_minor(self) -> int:
        """Still owed."""
        if self.is_void:
            return 0
        return self.invoice.total_minor - sum(self.settled.values())

    @property
    def due_minor(self) -> int:
        """Owed and not held: what may be asked for."""
        return max(self.open_minor - self.held_minor, 0)

    @property
    def open(self) -> Money:
        """Still owed, as an amount."""
        return self.money(self.open_minor)

    @property
    def state(self) -> PaymentState:
        """The state that is shown."""
        if self.is_void:
            return PaymentState.VOID
        if self.open_minor == 0:
            return self._settled_state()
        if self.is_overdue:
            return PaymentState.OVERDUE
        return PaymentState.PART_PAID if self.paid_minor else PaymentState.OPEN

    def _settled_state(self) -> PaymentState:
        if self.written_off_minor:
            return PaymentState.UNCOLLECTIBLE
        if self.credited_minor and not self.paid_minor:
            return PaymentState.CREDITED
        return PaymentState.PAID

    @property
    def due(self) -> Money:
        """What may be asked for."""
        return self.money(self.due_minor)

    def money(self, minor: int) -> Money:
        """An amount in the invoice's currency."""
        return Money.from_minor(minor, self.invoice.currency)


def overdue_from(invoice: Invoice) -> datetime:
    """The instant from which an invoice is overdue: the local midnight that ends its due day."""
    assert invoice.due_on is not None  # invoice_issued_iff_numbered
    return datetime.combine(
        invoice.due_on + timedelta(days=1), time(), tzinfo=ZoneInfo(invoice.zone)
    )


def open_items(
    invoices: Collection[Invoice], *, at: datetime, known_at: datetime | None = None
) -> dict[int, OpenItem]:
    """How it stands with issued invoices, by id; three queries."""
    ids = [invoice.pk for invoice in invoices]
    settled: dict[int, dict[str, int]] = {pk: {} for pk in ids}
    rows = Settlement.objects.filter(invoice_id__one_of=ids, effective_at__lte=at)
    voids = InvoiceVoid.objects.filter(invoice_id__one_of=ids, effective_at__lte=at)
    if known_at is not None:
        rows, voids = rows.filter(recorded_at__lte=known_at), voids.filter(voided_at__lte=known_at)
    sums = rows.order_by().values_list("invoice_id", "kind").annotate(Sum("amount_minor"))
    for invoice_id, kind, minor in sums:
        if minor:
            settled[invoice_id][kind] = minor
    void_ids = set(voids.values_list("invoice_id", flat=True))
    held = held_of(ids, at=at)
    return {
        invoice.pk: OpenItem(
            invoice,
            settled[invoice.pk],
            held.get(invoice.pk, 0),
            invoice.pk in void_ids,
            at >= overdue_from(invoice),
        )
        for invoice in invoices
    }


def still_open(*, at: datetime | None = None) -> QuerySet[Invoice]:
    """Invoices of which something is owed by themselves, as `left_minor`, by when they are due.

    As of an instant, or now: then by all that is recorded.
    """
    settled = Settlement.objects.filter(invoice=OuterRef("pk"))
    invoices = Invoice.objects.filter(owed())
    if at is not None:
        settled = settled.filter(effective_at__lte=at)
        void = InvoiceVoid.objects.filter(invoice=OuterRef("pk"), effective_at__lte=at)
        invoices = Invoice.objects.filter(
            ~Exists(void),
            state=Invoice.State.ISSUED,
            consolidated_on__isnull=True,
            issued_at__lte=at,
        )
    sums = settled.order_by().values("invoice").values_list(Sum("amount_minor"))
    return (
        invoices.annotate(left_minor=F("total_minor") - Coalesce(Subquery(sums), 0))
        .filter(left_minor__gt=0)
        .order_by("due_on", "issued_at", "pk")
    )


def open_of_amounts(
    minors: Collection[int], *, currencies: Collection[str], most: int | None = None
) -> QuerySet[Invoice]:
    """Those of `still_open` of which exactly one of these amounts is left.

    Of each amount and currency all, or the first so many.
    """
    # What is left is asked of those alone that can have it: untouched, or settled in part.
    in_part = (
        Settlement.objects.order_by()
        .values("invoice", "invoice__total_minor")
        .annotate(minor=Sum("amount_minor"))
        .filter(minor__lt=F("invoice__total_minor"))
        .values("invoice")
    )
    untouched = Invoice.objects.order_by().filter(
        currency__in=currencies, total_minor__in=minors, state=Invoice.State.ISSUED
    )
    # Put together, so that the index of amounts finds the first; an OR reads every invoice.
    can_have_it = untouched.values("pk").union(in_part)
    found = still_open().filter(pk__in=can_have_it, **{"left_minor__in": minors})
    if most is None:
        return found
    alike = [F("currency"), F("left_minor")]
    number = Window(RowNumber(), partition_by=alike, order_by=["due_on", "issued_at", "pk"])
    return found.annotate(number_alike=number).filter(number_alike__lte=most)


def open_item(invoice: Invoice, *, at: datetime) -> OpenItem:
    """How it stands with one issued invoice."""
    return open_items([invoice], at=at)[invoice.pk]


def live_holds(at: datetime) -> Q:
    """Holds that hold at an instant."""
    return Q(held_from__lte=at) & (Q(held_until__isnull=True) | Q(held_until__gt=at))


def left_of(hold: Hold) -> int:
    """What the entries of a hold leave, in minor units, whether or not it is over."""
    return hold.entries.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def held_of(
    invoice_ids: Collection[int],
    *,
    at: datetime,
    process: str = Hold.Process.DUNNING,
) -> dict[int, int]:
    """What is held back of invoices at an instant, from one process; one query."""
    live = Hold.objects.filter(
        live_holds(at), invoice_id__one_of=list(invoice_ids), processes__contains=[process]
    )
    rows = (
        HoldEntry.objects.filter(hold__in=live, effective_at__lte=at)
        .order_by()
        .values_list("hold__invoice_id")
        .annotate(Sum("amount_minor"))
    )
    return dict(rows)
