"""Cases as they are read: a list by state, and one with all that is known of it.

The state of a case is worked out of its lines and its last message; nothing stores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.models import Account, User
from approvals.models import Proposal
from billing.disputes.models import LIVE, CaseMessage, ClaimDraft, DisputeCase, DisputeLine
from billing.disputes.queries.clocks import PromiseStanding, clocks_of
from billing.invoicing.models import Invoice
from billing.receivables.models import HoldEntry
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.ids import UnknownId, parse_id
from core.money import Money

OLDEST_FIRST = PageOrder("opened_at", descending=False)
NUMBER: Final = "DSP-"
CONTESTED_NAMED: Final = 20


class CaseState(StrEnum):
    """How it stands with a case."""

    OUR_TURN = "our_turn"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_FINANCE = "waiting_for_finance"
    DECIDED = "decided"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """In words."""
        return self.value.replace("_", " ").capitalize()


class CaseNotFound(NotFound):
    """There is no such dispute."""

    code = "dispute_not_found"
    title = "There is no such dispute"


@dataclass(frozen=True, slots=True)
class CaseNarrowing:
    """Cases of some age, with so much at stake, or with a line of a reason that ended somehow.

    What is None or empty narrows nothing. `stake_from` is in minor units of `currency`, before tax,
    of lines that are not decided. `ended` is `granted` (in part too) or `denied`.
    """

    opened_before: datetime | None = None
    stake_from: int | None = None
    currency: str = ""
    reason_code: str = ""
    ended: str = ""

    def narrow(self, rows: QuerySet[DisputeCase]) -> QuerySet[DisputeCase]:
        """The rows that are meant."""
        if self.opened_before is not None:
            rows = rows.filter(opened_at__lt=self.opened_before)
        rows = self._alike(rows)
        if self.stake_from is None:
            return rows
        lines = DisputeLine.objects.filter(
            case=OuterRef("pk"), state__in=LIVE, currency=self.currency
        )
        stake = lines.order_by().values("case").annotate(sum=Sum("claimed_minor")).values("sum")
        return rows.annotate(_stake=Subquery(stake)).filter(Q(_stake__gte=self.stake_from))

    def _alike(self, rows: QuerySet[DisputeCase]) -> QuerySet[DisputeCase]:
        """Those with a line of the reason, and of the end."""
        if not self.reason_code and not self.ended:
            return rows
        lines = DisputeLine.objects.filter(case=OuterRef("pk"))
        if self.reason_code:
            lines = lines.filter(reason_code=self.reason_code)
        if self.ended:
            ends = ("granted", "partly_granted") if self.ended == "granted" else ("denied",)
            lines = lines.filter(state__in=ends)
        return rows.filter(Exists(lines))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list; amounts are before tax, of lines that are not decided."""

    case: DisputeCase
    state: CaseState
    live_count: int
    claimed: Sequence[Money]


@dataclass(frozen=True, slots=True)
class LineStanding:
    """One contested line with what it last came to, what is held for it, and its proposal."""

    line: DisputeLine
    draft: ClaimDraft | None
    held: Money
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """All of one case."""

    row: CaseRow
    lines: Sequence[LineStanding]
    messages: Sequence[CaseMessage]
    clocks: Sequence[PromiseStanding]

    @property
    def held(self) -> Sequence[Money]:
        """What is not reminded of, by currency."""
        return _by_currency([each.held for each in self.lines])


def find(reference: str) -> DisputeCase:
    """The case with this public id or number. Raises: CaseNotFound."""
    rows = case_rows()
    digits = reference.upper().removeprefix(NUMBER)
    if reference.upper().startswith(NUMBER) and digits.isascii() and digits.isdecimal():
        found = rows.filter(pk=int(digits[:18])).first()
    else:
        try:
            found = rows.filter(public_id=parse_id(reference, "dsp")).first()
        except UnknownId:
            found = None
    if found is None:
        raise CaseNotFound(f"There is no dispute {reference[:64]}.", wanted=reference[:64])
    return found


def find_line(case: DisputeCase, public_id: str) -> DisputeLine:
    """A line of a case. Raises: CaseNotFound."""
    found = _lines().filter(case=case, public_id=public_id[:64]).first()
    if found is None:
        raise CaseNotFound(f"{case} has no line {public_id[:64]}.", wanted=public_id[:64])
    return found


def case_page(
    *,
    state: str = "",
    owner: User | None = None,
    account: Account | None = None,
    narrowed: CaseNarrowing | None = None,
    position: Position,
) -> Page[CaseRow]:
    """Cases, the oldest first; two queries. Raises: UnknownCursor."""
    rows = case_rows()
    if narrowed is not None:
        rows = narrowed.narrow(rows)
    if state:
        rows = rows.filter(Q(_computed=state))
    if owner is not None:
        rows = rows.filter(owner=owner)
    if account is not None:
        rows = rows.filter(account=account)
    page = page_of(rows, order=OLDEST_FIRST, position=position)
    claimed = _claimed([case.pk for case in page.rows])
    return page.showing(lambda case: _row(case, claimed.get(case.pk, ())))


def waiting(*, most: int) -> list[CaseRow]:
    """Cases that wait for support, the oldest first; two queries."""
    ours = (CaseState.OUR_TURN, CaseState.DECIDED)
    cases = list(case_rows().filter(Q(_computed__in=ours)).order_by("opened_at", "pk")[:most])
    claimed = _claimed([case.pk for case in cases])
    return [_row(case, claimed.get(case.pk, ())) for case in cases]


def open_cases(account: Account, *, most: int) -> list[CaseRow]:
    """Cases of an account that are not closed, the oldest first; two queries."""
    rows = case_rows().filter(account=account).exclude(Q(_computed=CaseState.CLOSED))
    cases = list(rows.order_by("opened_at", "pk")[:most])
    claimed = _claimed([case.pk for case in cases]) if cases else {}
    return [_row(case, claimed.get(case.pk, ())) for case in cases]


def state_of(case: DisputeCase) -> CaseRow:
    """How it stands with one case."""
    present = case_rows().get(pk=case.pk)
    return _row(present, _claimed([case.pk]).get(case.pk, ()))


def case_detail(case: DisputeCase, *, at: datetime) -> CaseDetail:
    """All of one case; eleven queries, whatever its size."""
    lines = list(_lines().filter(case=case).order_by("pk"))
    drafts = ClaimDraft.objects.filter(line__in=lines).order_by("line", "-number")
    last = {each.line_id: each for each in drafts.distinct("line")}
    held = dict(
        HoldEntry.objects.filter(hold__in=[each.hold_id for each in lines if each.hold_id])
        .order_by()
        .values_list("hold_id")
        .annotate(Sum("amount_minor"))
    )
    named = Proposal.objects.filter(public_id__in=[each.proposal for each in lines])
    proposals = {each.public_id: each for each in named.select_related("maker", "account")}
    return CaseDetail(
        row=state_of(case),
        lines=[
            LineStanding(
                line,
                last.get(line.pk),
                line.money(held.get(line.hold_id, 0)),
                proposals.get(line.proposal),
            )
            for line in lines
        ],
        messages=list(
            case.messages.prefetch_related("attachments__file").order_by("sent_at", "pk")
        ),
        clocks=clocks_of([case], at=at)[case.pk],
    )


def contested(invoice_line_ids: Sequence[int]) -> dict[int, DisputeLine]:
    """The live lines of cases about all of a line of an invoice, by those; one query."""
    rows = DisputeLine.objects.filter(
        invoice_line__in=invoice_line_ids, state__in=LIVE, days_from__isnull=True
    )
    return {each.charged.pk: each for each in rows.select_related("case", "invoice_line")}


def contested_on(invoice: Invoice) -> list[DisputeLine]:
    """The live lines of cases about an invoice, as whoever voids it must know; one query."""
    rows = DisputeLine.objects.filter(
        Q(invoice_line__invoice=invoice) | Q(late_invoice=invoice), state__in=LIVE
    ).select_related("case", "invoice_line", "late_invoice", "resource")
    return list(rows.order_by("pk")[:CONTESTED_NAMED])


def contested_at(invoice: Invoice, position: int) -> DisputeLine | None:
    """A live line of a case about a line of an invoice, all of it before days; one query."""
    rows = DisputeLine.objects.filter(
        invoice_line__invoice=invoice, invoice_line__position=position, state__in=LIVE
    )
    return rows.select_related("case").order_by(F("days_from").asc(nulls_first=True)).first()


def contested_late(invoice: Invoice, charge_key: str) -> DisputeLine | None:
    """The live line of a case about late usage of a charge of an invoice; one query."""
    rows = DisputeLine.objects.filter(late_invoice=invoice, late_charge=charge_key, state__in=LIVE)
    return rows.select_related("case").first()


def _lines() -> QuerySet[DisputeLine]:
    return DisputeLine.objects.select_related(
        "case__account",
        "case__hours",
        "hold",
        "invoice_line__invoice__account",
        "invoice_line__invoice__consolidated_on",
        "invoice_line__price__meter",
        "invoice_line__resource",
        "invoice_line__corrects",
        "late_invoice__account",
        "resource",
    )


def case_rows() -> QuerySet[DisputeCase]:
    """Cases with their computed state, and how many of their lines are not decided."""
    lines = DisputeLine.objects.filter(case=OuterRef("pk"))
    last = CaseMessage.objects.filter(case=OuterRef("pk")).order_by("-sent_at", "-pk")
    lifecycle = last.filter(kind__in=["closed", "reopened"])
    spoken = last.filter(audience="customer").exclude(kind__in=["closed", "reopened"])
    return (
        DisputeCase.objects.select_related("account", "owner", "hours")
        .annotate(
            _lifecycle=Subquery(lifecycle.values("kind")[:1]),
            _customer_spoke=Coalesce(Subquery(spoken.values("is_from_customer")[:1]), Value(False)),
            _live=Coalesce(
                Subquery(
                    lines.filter(state__in=LIVE).order_by().values("case").values_list(Count("pk"))
                ),
                0,
            ),
            _looked_into=Exists(lines.filter(state__in=["new", "investigating"])),
            _asked=Exists(lines.filter(state="waiting_for_customer")),
        )
        .annotate(_computed=_state())
    )


def _state() -> Case:
    return Case(
        When(_lifecycle="closed", then=Value(CaseState.CLOSED)),
        When(_live=0, then=Value(CaseState.DECIDED)),
        When(Q(_looked_into=True) | Q(_customer_spoke=True), then=Value(CaseState.OUR_TURN)),
        When(_asked=True, then=Value(CaseState.WAITING_FOR_CUSTOMER)),
        default=Value(CaseState.WAITING_FOR_FINANCE),
        output_field=CharField(),
    )


def _row(case: DisputeCase, claimed: Sequence[Money]) -> CaseRow:
    return CaseRow(case, CaseState(case._computed), case._live, claimed)  # type: ignore[attr-defined]  # annotated


def _claimed(case_ids: Sequence[int]) -> dict[int, list[Money]]:
    """What live lines claim, by case; one query."""
    rows = (
        DisputeLine.objects.filter(case__in=case_ids, state__in=LIVE)
        .order_by("case", "currency")
        .values_list("case", "currency")
        .annotate(Sum("claimed_minor"))
    )
    found: dict[int, list[Money]] = {}
    for case_id, currency, minor in rows:
        found.setdefault(case_id, []).append(Money.from_minor(minor, currency))
    return found


def _by_currency(amounts: Sequence[Money]) -> list[Money]:
    sums: dict[str, Money] = {}
    for each in amounts:
        sums[each.currency] = sums.get(each.currency, Money.zero(each.currency)) + each
    return [each for each in sums.values() if each.minor]
