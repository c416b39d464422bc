"""Licences as lists and pages show them: renewals by date, what was agreed, movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from billing.licences.models import (
    License,
    LicenseAmendment,
    LicenseProduct,
    LicenseQuote,
    Movement,
    PoolAlert,
    PoolBucket,
    PoolCommitment,
)
from billing.licences.windows import ZERO, rounded_units
from core.db.keyset_pages import Page, PageOrder, Position, page_of

FIRST = Position()
MOVEMENTS_SHOWN = 12
"""Movements on a licence's page, which shows much else."""
BY_END = PageOrder("ends_at", descending=False)
LATEST_WRITTEN = PageOrder("recorded_at")
LATEST_MADE = PageOrder("made_at")


@dataclass(frozen=True, slots=True)
class PoolShare:
    """How much of a pool's present window issued invoices drew."""

    name: str
    unit: str
    granted: Decimal
    drawn: Decimal

    @property
    def percent(self) -> Decimal:
        """In per cent, with one decimal."""
        if not self.granted:
            return ZERO
        return rounded_units(Fraction(self.drawn) / Fraction(self.granted) * 100, 1)


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A licence in a list, its pools in their present windows."""

    license: License
    standing: str
    pools: Sequence[PoolShare]


def license_page(
    *,
    at: datetime,
    ended: bool = False,
    account_ids: Sequence[int] | None = None,
    position: Position = FIRST,
) -> Page[LicenseRow]:
    """Licences by the end of their term, those that end next first; three queries."""
    rows = License.objects.select_related("account")
    rows = rows.filter(ends_at__lte=at) if ended else rows.filter(ends_at__gt=at)
    if account_ids is not None:
        rows = rows.filter(account_id__in=account_ids)
    page = page_of(rows, order=BY_END, position=position)
    pools = _shares([row.pk for row in page.rows], at)
    return page.showing(lambda row: LicenseRow(row, row.standing(at).value, pools.get(row.pk, ())))


def _shares(license_ids: Sequence[int], at: datetime) -> dict[int, list[PoolShare]]:
    buckets = PoolBucket.objects.filter(
        commitment__license_id__in=license_ids, window_from__lte=at, window_until__gt=at
    )
    sums = (
        buckets.order_by("commitment__priority", "commitment_id")
        .values_list(
            "commitment__license_id", "commitment_id", "commitment__name", "commitment__unit"
        )
        .annotate(Sum("granted"), Sum("drawn"))
    )
    found: dict[int, list[PoolShare]] = defaultdict(list)
    for license_id, _, name, unit, granted, drawn in sums:
        found[license_id].append(PoolShare(name, unit, granted, drawn))
    return found


@dataclass(frozen=True, slots=True)
class PoolMovementRow:
    """A movement, and what was left of its window after it."""

    movement: Movement
    left: Decimal


def movement_page(license: License, *, position: Position = FIRST) -> Page[PoolMovementRow]:
    """The movements of a licence's pools, latest first; two queries."""
    rows = Movement.objects.filter(bucket__commitment__license=license).select_related(
        "bucket__commitment__license", "account", "resource", "reverses", "counterpart"
    )
    page = page_of(rows, order=LATEST_WRITTEN, position=position, size=MOVEMENTS_SHOWN)
    left = _left_after([row.pk for row in page.rows])
    return page.showing(lambda row: PoolMovementRow(row, left[row.pk]))


def _left_after(movement_ids: Sequence[int]) -> dict[int, Decimal]:
    """What was left of the window of each movement once it was written."""
    if not movement_ids:
        return {}
    chosen = Movement.objects.filter(pk__in=movement_ids).order_by("bucket_id", "pk")
    known = {row.pk: row for row in chosen}
    first: dict[int, int] = {}
    for row in known.values():
        first[row.bucket_id] = min(first.get(row.bucket_id, row.pk), row.pk)
    found: dict[int, Decimal] = {}
    for bucket_id, start in first.items():
        before = Movement.objects.filter(bucket_id=bucket_id, pk__lt=start)
        left = before.aggregate(units=Sum("units"))["units"] or ZERO
        mine = Movement.objects.filter(
            bucket_id=bucket_id, pk__gte=start, pk__lte=max(movement_ids)
        )
        for pk, units in mine.order_by("pk").values_list("pk", "units"):
            left += units
            found[pk] = left
    return found


@dataclass(frozen=True, slots=True)
class LicenseDetail:
    """What a licence agrees, how it was amended, and what of its pools was told."""

    license: License
    products: Sequence[LicenseProduct]
    commitments: Sequence[PoolCommitment]
    amendments: Sequence[LicenseAmendment]
    versions: Sequence[LicenseQuote]
    alerts: Sequence[PoolAlert]


def license_detail(license: License) -> LicenseDetail:
    """All of a licence but its use; five queries."""
    return LicenseDetail(
        license=license,
        products=list(license.products.order_by("pk")),
        commitments=list(license.commitments.select_related("product").order_by("priority", "pk")),
        amendments=list(license.amendments.select_related("commitment").order_by("-pk")),
        versions=list(
            LicenseQuote.objects.filter(number=license.number)
            .select_related("acceptance")
            .order_by("-version")
        ),
        alerts=list(
            PoolAlert.objects.filter(bucket__commitment__license=license)
            .select_related("bucket__commitment")
            .order_by("-pk")[:20]
        ),
    )


def quote_page(*, position: Position = FIRST) -> Page[LicenseQuote]:
    """The versions of quotes, latest first; one query."""
    rows = LicenseQuote.objects.select_related("account", "acceptance", "license")
    return page_of(rows, order=LATEST_MADE, position=position)
