"""What a correction of usage would do to the bill of its period. Nothing is kept.

The correction is made and rated by the functions that bill, inside a transaction that is undone:
an operation, since until then it locks what the correction itself would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db.models import Sum

from accounts.models import Account
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.models import Invoice, LateUsageDecision
from billing.invoicing.models.invoices import of_period
from billing.invoicing.models.late_usage import stands
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.invoices import Party
from billing.whatif.comparison import lines_by_key
from core.errors import DomainError
from core.money import Money, MoneyChange
from core.periods import Period
from usage.derivation.refresh import refresh
from usage.operations.event_corrections import only_supposed
from usage.operations.settling import settled
from usage.queries.fate import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEffect(MoneyChange):
    """One line of the period's bill, as it is and as it would be; None where there is none."""

    description: str
    unit: str
    quantity_before: Decimal | None
    quantity_after: Decimal | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """From what an issued invoice says of its period to what the period comes to now.

    The parts sum to that: its own lines, what came late and was billed or waived, what is open.
    `of_earlier` are lines the invoice has beside, for late usage of earlier periods.
    """

    own: Money
    of_earlier: Money
    billed: Money
    waived: Money
    open: Money

    @property
    def differs(self) -> bool:
        """Whether the invoice's figure is another than what the period comes to."""
        return any(each.minor for each in (self.of_earlier, self.billed, self.waived, self.open))


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEffect(MoneyChange):
    """The effect on one billing period. `invoice` is its issued invoice, or empty; `reconciled` is
    then what lies between that and `before`.

    `problem` says why it cannot be worked out; then there are no lines and no amounts.
    """

    account: Party
    period: Period
    zone: str
    invoice: str
    lines: Sequence[LineEffect]
    problem: str = ""
    reconciled: Reconciled | None = None


def price_effect(fate: Fate, correct: Callable[[], object], *, at: datetime) -> PriceEffect | None:
    """Rate the event's period before and after `correct`, which is then undone.

    None where the event is nobody's, or its owner has no billing calendar. Raises: what `correct`
    raises.
    """
    owner = Account.objects.filter(pk=fate.owner_id).first() if fate.owner_id else None
    scope = _scope(owner, fate.occurred_at, at) if owner is not None else None
    effect = next(iter(price_effects([scope] if scope else [], correct)), None)
    if effect is None or effect.problem or not effect.invoice:
        return effect
    return replace(effect, reconciled=_reconciled(effect))


def price_effects(
    scopes: Sequence[AccountPeriod], correct: Callable[[], object]
) -> list[PriceEffect]:
    """Rate account periods before and after `correct`, which is then undone; in their order.

    Raises: what `correct` raises.
    """
    account_ids = {scope.account_id for scope in scopes}
    rate = partial(settled, account_ids, partial(rated_drafts, scopes))
    before = rate()
    with only_supposed():
        correct()
        refresh(account_ids)
        after = rate()
    owners = Account.objects.in_bulk({scope.account_id for scope in scopes})
    issued = {
        (invoice.account_id, invoice.period_from): invoice.number or ""
        for invoice in Invoice.objects.filter(
            of_period(),
            account__in=owners,
            period_from__in={scope.period.start for scope in scopes},
        )
    }
    return [
        _effect(
            owners[scope.account_id],
            scope,
            issued.get((scope.account_id, scope.period.start), ""),
            drafts,
        )
        for scope, *drafts in zip(scopes, before, after, strict=True)
    ]


def _reconciled(effect: PriceEffect) -> Reconciled:
    """What the invoice says and what came of its period since; three queries."""
    invoice = Invoice.objects.get(number=effect.invoice)
    own = invoice.lines.filter(corrects=None).aggregate(minor=Sum("amount_minor"))["minor"] or 0
    decided = dict(
        LateUsageDecision.objects.filter(stands(), invoice=invoice)
        .order_by()
        .values_list("fate")
        .annotate(Sum("amount_minor"))
    )

    def money(minor: int) -> Money:
        return Money.from_minor(minor, invoice.currency)

    billed = money(decided.get(LateUsageDecision.Fate.BILLED, 0))
    waived = money(decided.get(LateUsageDecision.Fate.WAIVED, 0))
    return Reconciled(
        own=money(own),
        of_earlier=money(invoice.subtotal_minor - own),
        billed=billed,
        waived=waived,
        open=effect.before - money(own) - billed - waived,
    )


def _scope(owner: Account, occurred_at: datetime, at: datetime) -> AccountPeriod | None:
    calendar = calendars([owner.pk]).get(owner.pk)
    if calendar is None:
        return None
    number = calendar.number_at(occurred_at)
    period = calendar.period(number)
    until = at if period.contains(at) else None
    return AccountPeriod(owner.pk, period, calendar.zone_of(number), until=until)


def _effect(
    owner: Account,
    scope: AccountPeriod,
    invoice: str,
    drafts: Sequence[InvoiceDraft | DomainError],
) -> PriceEffect:
    before, after = drafts
    zero = Money.zero(owner.currency)
    problems = [each.message for each in (before, after) if isinstance(each, DomainError)]
    old, new = lines_by_key(before), lines_by_key(after)
    lines = [
        _line(old.get(key), new.get(key), owner.currency)
        for key in dict.fromkeys([*old, *new])
        if not problems
    ]
    return PriceEffect(
        account=Party(owner.public_id, owner.name),
        period=scope.period,
        zone=scope.zone,
        invoice=invoice,
        lines=[line for line in lines if line.delta.minor or _moved(line)],
        before=sum((line.before for line in lines), zero),
        after=sum((line.after for line in lines), zero),
        problem=problems[0] if problems else "",
    )


def _moved(line: LineEffect) -> bool:
    return line.quantity_before != line.quantity_after


def _line(before: DraftLine | None, after: DraftLine | None, currency: str) -> LineEffect:
    shown = after or before
    assert shown is not None  # the key is of one of them
    return LineEffect(
        description=shown.description,
        unit=shown.rated_unit,
        quantity_before=before.rated_quantity if before else None,
        quantity_after=after.rated_quantity if after else None,
        before=Money.from_minor(before.amount_minor if before else 0, currency),
        after=Money.from_minor(after.amount_minor if after else 0, currency),
    )
