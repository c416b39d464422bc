"""The lines that tax adds to a draft: tax that prices have in them, and days taxed at another rate.

Each is of one tax group and one period, so what is earned when stays told line by line.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.models.invoice_lines import TAX_INCLUDED, TAXED_APART
from billing.invoicing.tax import TaxGroup, TaxPart
from billing.invoicing.tax_amounts import shared, taxes_of
from billing.rating.charges import STEPPED
from core.decimals import decimal_text
from core.money import allocate
from core.periods import Period


@dataclass(frozen=True, slots=True)
class Taxed:
    """A line and the groups of its days, the last of which it is in."""

    line: DraftLine
    parts: Sequence[TaxPart]

    @property
    def group(self) -> TaxGroup:
        """The group of the line itself: that of its last days."""
        return self.parts[-1].group


def with_tax_lines(draft: InvoiceDraft, taxed: Sequence[Taxed]) -> InvoiceDraft:
    """The draft with its groups, their taxes, and the lines that tax adds."""
    own = [each.line._replace(tax_group=each.group.key) for each in taxed]
    groups = {part.group.key: part.group for each in taxed for part in each.parts}
    lines = [*own, *_apart(taxed)]
    taxes = taxes_of((groups[line.tax_group], line.amount_minor) for line in lines)
    within = [
        line
        for each in taxes
        if each.group.is_included and each.tax_minor
        for line in taking_out(each.group, each.tax_minor, lines)
    ]
    return replace(draft, lines=[*lines, *within], taxes=taxes)


def _apart(taxed: Sequence[Taxed]) -> list[DraftLine]:
    """Pairs of lines that move what earlier days come to into the group of those days."""
    moved: dict[tuple[str, str, Period], int] = defaultdict(int)
    days: dict[tuple[str, str, Period], str] = {}
    groups: dict[str, TaxGroup] = {}
    for each in taxed:
        if len(each.parts) == 1:
            continue
        shares = allocate(each.line.amount_minor, [part.days for part in each.parts])
        whole = sum(part.days for part in each.parts)
        for part, minor in zip(each.parts[:-1], shares, strict=False):
            key = (each.group.key, part.group.key, each.line.period)
            moved[key] += minor
            days[key] = f"{part.days} of {whole} days"
            groups |= {each.group.key: each.group, part.group.key: part.group}
    return [
        _line(
            TAXED_APART,
            f"{days[key]} at {_said(groups[to])}"
            if group == to
            else f"{days[key]} not at {_said(groups[here])}",
            minor if group == to else -minor,
            groups[group],
            period,
            {"step": TAXED_APART, "days": days[key], "from": here, "to": to},
        )
        for key, minor in sorted(moved.items(), key=_by_key)
        if minor
        for here, to, period in [key]
        for group in (here, to)
    ]


def _by_key(moved: tuple[tuple[str, str, Period], int]) -> tuple[Any, ...]:
    (here, to, period), _ = moved
    return here, to, period.start, period.end


def taking_out(group: TaxGroup, tax_minor: int, lines: Sequence[DraftLine]) -> list[DraftLine]:
    """A line for each period in the group; together they are its tax, taken out."""
    gross: dict[Period, int] = defaultdict(int)
    for line in lines:
        if line.tax_group == group.key:
            gross[line.period] += line.amount_minor
    whole = sum(gross.values())
    periods = sorted(gross, key=lambda period: (period.start, period.end))
    exact = [Fraction(gross[period] * tax_minor, whole) for period in periods]
    parts = shared(tax_minor, exact)
    return [
        _line(
            TAX_INCLUDED,
            f"{_said(group)} included in the prices",
            -minor,
            group,
            period,
            {
                "step": TAX_INCLUDED,
                "gross": str(gross[period]),
                "rate": decimal_text(group.rate.normalize()),
            },
        )
        for period, minor in zip(periods, parts, strict=True)
        if minor
    ]


def _said(group: TaxGroup) -> str:
    percent = decimal_text((group.rate * 100).normalize())
    return f"{group.name or group.treatment.value.replace('_', ' ')} {percent} %"


def _line(
    kind: str, description: str, minor: int, group: TaxGroup, period: Period, step: dict[str, Any]
) -> DraftLine:
    start, end = (f"{at:%Y%m%dT%H%M%S%f}" for at in (period.start, period.end))
    other = f":{step['to']}" if kind == TAXED_APART else ""
    return DraftLine(
        key=f"{kind}:{group.key}{other}:{start}:{end}",
        kind=kind,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=description,
        quantity=Decimal(1),
        unit="",
        unit_price=None,
        amount_minor=minor,
        dimensions={},
        explanation=(STEPPED, {}, [step]),
        period=period,
        tax_group=group.key,
    )
