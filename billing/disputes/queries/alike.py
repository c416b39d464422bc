"""Who else was charged like a contested line: the same cause, on invoices nobody has complained of.

A cause is what the fact of a line says of more than itself: a price that should be another, a time
in which a meter should not have counted. It is looked for among all issued invoices at once. What
a line really comes to is worked out once it is gathered in a batch; until then it is told about
how much is meant, in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import (
    BooleanField,
    Count,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Extract, Greatest, Least, Round

from accounts.models import Account
from billing.disputes.models import CreditBatchRow, DisputeLine
from billing.disputes.queries.doubled import doubled_among
from billing.disputes.queries.shared_causes import SharedCause
from billing.invoicing.models import InvoiceLine
from billing.invoicing.models.invoice_lines import UNRATED
from billing.invoicing.models.invoices import live
from core.money import Money

LARGEST: Final = 50
_SHARE: Final = DecimalField(max_digits=40, decimal_places=12)


@dataclass(frozen=True, slots=True)
class AccountAlike:
    """An account that was charged like it, in one currency; `about` is in proportion."""

    account: Account
    invoices: int
    lines: int
    billed: Money
    about: Money


@dataclass(frozen=True, slots=True)
class AlikeSums:
    """All that is found, in one currency."""

    accounts: int
    lines: int
    billed: Money
    about: Money


@dataclass(frozen=True, slots=True)
class AlikeFound:
    """Who else, the largest first, and what it comes to by currency."""

    cause: SharedCause
    accounts: Sequence[AccountAlike]
    sums: Sequence[AlikeSums]

    @property
    def account_count(self) -> int:
        """How many there are, in every currency."""
        return sum(each.accounts for each in self.sums)


def alike_lines(cause: SharedCause) -> QuerySet[InvoiceLine]:
    """Lines of live invoices with the cause that nobody contests, and that no batch has.

    Each has `about_minor`: how much is meant, in proportion and before discounts.
    """
    charged = cause.line.charged
    assert charged.price is not None  # a cause has one
    rows = InvoiceLine.objects.filter(live("invoice__"), ~Q(kind__in=UNRATED), amount_minor__gt=0)
    rows = rows.exclude(key__contains="/").filter(
        ~Exists(DisputeLine.objects.filter(invoice_line=OuterRef("pk"))),
        ~Exists(
            CreditBatchRow.objects.filter(
                invoice_line=OuterRef("pk"), left_out_because="", batch__reason_code=_code(cause)
            )
        ),
    )
    if cause.of_resource:
        rows = _of_resource(rows, charged)
    else:
        rows = rows.exclude(invoice__account_id=charged.invoice.account_id)
    if cause.doubled is not None:
        return doubled_among(rows, cause)
    if cause.down is not None and cause.ratio is None:
        return _in_time(rows, cause, cause.down)
    assert cause.ratio is not None  # one of the three
    share = ExpressionWrapper(F("amount_minor") * Value(cause.ratio), output_field=_SHARE)
    rows = rows.annotate(about_minor=Round(share))
    if cause.of_resource:
        return rows
    if cause.down is not None:
        return _of_meter(rows, cause, cause.down)
    return rows.filter(price=charged.price, price_override__isnull=True)


def _of_resource(rows: QuerySet[InvoiceLine], charged: InvoiceLine) -> QuerySet[InvoiceLine]:
    """What the resource of a line, or what is below it, is billed for elsewhere."""
    of = Q(resource=charged.resource_id) | Q(resource__parent=charged.resource_id)
    return rows.filter(of, price__meter__isnull=False)


def _of_meter(
    rows: QuerySet[InvoiceLine], cause: SharedCause, down: tuple[datetime, datetime]
) -> QuerySet[InvoiceLine]:
    """Lines of the meter, or of the resource, whose period has a part of the time."""
    rows = rows.filter(period_from__lt=down[1], period_until__gt=down[0])
    if not cause.of_resource:
        price = cause.line.charged.price
        assert price is not None  # a cause has one
        rows = rows.filter(price__meter=price.meter)
    for name, value in cause.match:
        said = {name: value}
        rows = rows.filter(Q(price__match__contains=said) | Q(dimensions__contains=said))
    return rows


def _in_time(
    rows: QuerySet[InvoiceLine], cause: SharedCause, down: tuple[datetime, datetime]
) -> QuerySet[InvoiceLine]:
    """The part of the time that each line's period has."""
    rows = _of_meter(rows, cause, down)
    start, end = F("period_from"), F("period_until")
    inside = Extract(Least(end, Value(down[1])), "epoch") - Extract(
        Greatest(start, Value(down[0])), "epoch"
    )
    whole = Extract(end, "epoch") - Extract(start, "epoch")
    share = ExpressionWrapper(F("amount_minor") * inside / whole, output_field=_SHARE)
    return rows.annotate(about_minor=Round(share))


def alike_found(cause: SharedCause) -> AlikeFound:
    """Who else was charged like it: the largest accounts, and sums of all; three queries."""
    rows = alike_lines(cause).order_by()
    figures: dict[str, Any] = {
        "invoices": Count("invoice", distinct=True),
        "lines": Count("pk"),
        "billed": Sum("amount_minor"),
        "about": Sum("about_minor"),
    }
    grouped: Any = rows.values("invoice__account", "invoice__currency").annotate(**figures)
    largest = list(grouped.order_by("-about", "invoice__account")[:LARGEST])
    accounts = Account.objects.in_bulk({each["invoice__account"] for each in largest})
    sums: Any = rows.values("invoice__currency").annotate(
        accounts=Count("invoice__account", distinct=True), **figures
    )
    return AlikeFound(
        cause,
        [
            AccountAlike(
                accounts[each["invoice__account"]],
                each["invoices"],
                each["lines"],
                *_amounts(each),
            )
            for each in largest
        ],
        [
            AlikeSums(each["accounts"], each["lines"], *_amounts(each))
            for each in sums.order_by("invoice__currency")
        ],
    )


def _amounts(row: Mapping[str, Any]) -> tuple[Money, Money]:
    currency = row["invoice__currency"]
    return (
        Money.from_minor(row["billed"], currency),
        Money.from_minor(int(row["about"]), currency),
    )


def _code(cause: SharedCause) -> str:
    code: str = cause.line.reason_code
    return code


@dataclass(frozen=True, slots=True)
class EndedAlike:
    """How a decided line with the same reason and price ended."""

    line: DisputeLine

    @property
    def approved(self) -> Money:
        """What was credited, before tax."""
        return self.line.money(self.line.approved_minor or 0)

    @property
    def claimed(self) -> Money:
        """What it would have come to, before tax."""
        return self.line.money(self.line.claimed_minor)


def ended_alike(lines: Sequence[DisputeLine], *, most: int = 8) -> list[EndedAlike]:
    """Decided lines of other cases with the same reasons, the same prices first; one query.

    Whoever denies a line sees who was credited for the same before.
    """
    rows = DisputeLine.objects.filter(
        reason_code__in={line.reason_code for line in lines},
        state__in=("granted", "partly_granted", "denied"),
    ).exclude(case__in={line.case_id for line in lines})
    prices = [line.charged.price_id for line in lines if line.charged.price_id]
    same = ExpressionWrapper(Q(invoice_line__price_id__in=prices), output_field=BooleanField())
    rows = rows.select_related("case__account", "invoice_line", "late_invoice").annotate(_same=same)
    return [EndedAlike(each) for each in rows.order_by("-_same", "-decided_at", "-pk")[:most]]
