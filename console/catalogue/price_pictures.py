"""The geometry of a price's pictures: what it costs over the quantity, and who pays what.

Values in, positions and words out; every figure drawn is also written in the table beside it. Pure:
no Django, no HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.catalogue.queries.price_curve import CurvePoint, PriceCurve
from console.shell.charts import PLOT_WIDTH, coordinate
from console.shell.formats import EN_DASH, MINUS, decimal_text, money_text
from core.money import Money, minor_exponent

CURVE_HEIGHT, BARS_HEIGHT = 300, 112
GUIDES, BARS_MAX, TICKS_MAX = 4, 9, 200
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LEAST_BAR = Fraction(4)


@dataclass(frozen=True, slots=True)
class CurveGuide:
    """A line across the plot at an amount; `at` is its place in per cent from the top."""

    y: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class CurvePicture:
    """A curve placed on PLOT_WIDTH × CURVE_HEIGHT; `rows` is its table.

    `ticks` are where charges of this period are; `beyond` counts those further out.
    """

    line: str
    other: str
    band: str
    guides: Sequence[CurveGuide]
    tried_x: str
    tried_text: str
    end_text: str
    ticks: Sequence[str]
    beyond: int
    charge_count: int
    rows: Sequence[CurvePoint]
    earlier: str


def draw_curve(curve: PriceCurve, charges: Sequence[Decimal] = ()) -> CurvePicture:
    """Place a curve, and a tick for each charge of that quantity."""
    points = curve.points
    end = points[-1].quantity
    amounts = [each.after for each in points]
    amounts += [each.before for each in points if each.before is not None]
    currency = amounts[0].currency
    low = min(Decimal(0), *(each.amount for each in amounts))
    high = max(Decimal(0), *(each.amount for each in amounts))
    step = _nice((high - low) / GUIDES) or Decimal(1).scaleb(-minor_exponent(currency))
    bottom, top = -step * _ceiling(-low, step), step * _ceiling(high, step)
    top = max(top, bottom + step)

    def place(quantity: Decimal, amount: Decimal) -> str:
        down = Fraction(top - amount) / Fraction(top - bottom) * CURVE_HEIGHT
        return f"{coordinate(_across(quantity, end))},{coordinate(down)}"

    line = [place(each.quantity, each.after.amount) for each in points]
    other = [place(each.quantity, each.before.amount) for each in points if each.before is not None]
    inside = [quantity for quantity in charges if quantity <= end]
    return CurvePicture(
        line=" ".join(line),
        other=" ".join(other),
        band=" ".join([*line, *reversed(other)]) if other else "",
        guides=list(_guides(bottom, top, step, currency)),
        tried_x=coordinate(_across(curve.tried, end)),
        tried_text=decimal_text(curve.tried),
        end_text=decimal_text(end),
        ticks=[coordinate(_across(quantity, end)) for quantity in _thinned(inside)],
        beyond=len(charges) - len(inside),
        charge_count=len(charges),
        rows=[each for each in points if each.is_bound and each.quantity],
        earlier=curve.earlier,
    )


@dataclass(frozen=True, slots=True)
class ChangeBar:
    """Accounts whose bills change by as much; `kind` is same, more or less."""

    label: str
    kind: str
    account_count: int
    together: Money
    y: str
    height: str


def change_bars(deltas: Sequence[Money]) -> list[ChangeBar]:
    """Accounts by the difference of their bill, from those that pay least more to those that pay
    most; those that pay the same have a bar of their own. None for nobody."""
    if not deltas:
        return []
    currency = deltas[0].currency
    widest = max(abs(each.amount) for each in deltas)
    width = _nice(widest / (BARS_MAX // 2)) or Decimal(1)
    groups: dict[int, list[Money]] = {}
    for each in deltas:
        groups.setdefault(_group(each.amount, width), []).append(each)
    most = max(len(found) for found in groups.values())
    bars = []
    for number in range(min(groups), max(groups) + 1):
        found = groups.get(number, [])
        height = Fraction(BARS_HEIGHT * len(found), most)
        height = max(height, _LEAST_BAR) if found else Fraction(0)
        bars.append(
            ChangeBar(
                label=_label(number, width, currency),
                kind="same" if not number else "more" if number > 0 else "less",
                account_count=len(found),
                together=sum(found, Money.zero(currency)),
                y=coordinate(BARS_HEIGHT - height),
                height=coordinate(height),
            )
        )
    return [bar for bar in bars if bar.account_count or bar.kind != "same"]


def _group(amount: Decimal, width: Decimal) -> int:
    """0 for the same, 1 for up to a width more, -1 for up to a width less, and so on."""
    if not amount:
        return 0
    number = _ceiling(abs(amount), width)
    return number if amount > 0 else -number


def _label(number: int, width: Decimal, currency: str) -> str:
    if not number:
        return "same"
    ends = [money_text(Money((abs(number) - back) * width, currency)) for back in (1, 0)]
    return f"{'+' if number > 0 else MINUS}{ends[0]}{EN_DASH}{ends[1]}"


def _guides(bottom: Decimal, top: Decimal, step: Decimal, currency: str) -> list[CurveGuide]:
    count = int((top - bottom) / step)
    return [
        CurveGuide(
            y=coordinate(Fraction(CURVE_HEIGHT * (count - number), count)),
            at=f"{coordinate(Fraction(100 * (count - number), count))}%",
            text=money_text(Money(bottom + step * number, currency)),
        )
        for number in range(count + 1)
    ]


def _ceiling(value: Decimal, width: Decimal) -> int:
    """How many widths hold a value of 0 or more."""
    return int(value // width) + bool(value % width)


def _thinned(quantities: Sequence[Decimal]) -> Sequence[Decimal]:
    every = -(-len(quantities) // TICKS_MAX) or 1
    return quantities[::every]


def _across(quantity: Decimal, end: Decimal) -> Fraction:
    return Fraction(quantity) / Fraction(end) * PLOT_WIDTH if end else Fraction(0)


def _nice(value: Decimal) -> Decimal:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten; 0 for 0."""
    if not value:
        return value
    unit = Decimal(1).scaleb(value.adjusted())
    return next(unit * step for step in _STEPS if unit * step >= value)
