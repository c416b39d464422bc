"""How figures read on a screen: amounts, quantities, periods, instants, ages.

Pure text in, text out; no Django and no clock. Amounts keep every digit they have: a screen
never rounds, it shows what the billing code computed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.money import Money, is_currency_code, minor_exponent
from core.periods import Period

MINUS = "\u2212"
NO_BREAK_SPACE = "\u00a0"
EN_DASH = "\u2013"

# Only symbols that cannot be mistaken for another currency's on an English page; every other
# currency is written with its code.
SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "NZD": "NZ$",
    "USD": "$",
}

MIN_WORD = 3
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:\+00:00| UTC)", re.ASCII
)
_AMOUNT = re.compile(r"(?<![\w.,-])(-?\d+(?:\.\d+)?) ([A-Z]{3})\b", re.ASCII)
_PEOPLE = ("person", "people")
_SCALES = ("thousand ", "million ", "billion ")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def money_text(money: Money) -> str:
    """−$1,234.50; finer than the minor unit when the amount is: $0.000031."""
    places = max(minor_exponent(money.currency), _places(money.amount))
    figure = f"{abs(money.amount):,.{places}f}"
    symbol = SYMBOLS.get(money.currency, f"{money.currency}{NO_BREAK_SPACE}")
    return f"{_sign(money.amount)}{symbol}{figure}"


def decimal_text(value: Decimal) -> str:
    """1,234.5 with a true minus sign and no zeros after the last digit that counts."""
    return f"{_sign(value)}{abs(value):,.{_places(value)}f}"


def unit_text(unit: str, quantity: Decimal) -> str:
    """The unit as read after a quantity: 1 build, 2 builds, 0.5 dyno-months; 3 GB stay GB."""
    one, many = (
        _PEOPLE if unit in _PEOPLE else (unit.removesuffix("s"), f"{unit.removesuffix('s')}s")
    )
    if unit.isupper() or len(unit) < MIN_WORD or unit.startswith(_SCALES):
        return unit
    return one if abs(quantity) == 1 else many


def quantity_text(quantity: Decimal, unit: str = "") -> str:
    """2,678,400 dyno-seconds."""
    if not unit:
        return decimal_text(quantity)
    return f"{decimal_text(quantity)}{NO_BREAK_SPACE}{unit_text(unit, quantity)}"


def date_text(day: date) -> str:
    """12 Oct 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_text(at: datetime, zone: str = "UTC", *, seconds: bool = False) -> str:
    """12 Oct 2026, 14:03 on the clock of `zone`; with seconds where order matters."""
    local = at.astimezone(_zone(zone))
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{date_text(local.date())}, {clock}"


def sentence_text(sentence: str, zone: str = "UTC") -> str:
    """A sentence made for machines, too, with its instants and amounts as people write them."""

    def read_amount(found: re.Match[str]) -> str:
        if not is_currency_code(found[2]):
            return found[0]
        return money_text(Money(Decimal(found[1]), found[2]))

    def read(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
        text = instant_text(at, zone, seconds=found[2].count(":") > 1)
        return f"{text} UTC" if zone == "UTC" else text

    return _AMOUNT.sub(read_amount, _INSTANT.sub(read, sentence))


def period_text(period: Period, zone: str = "UTC") -> str:
    """A half-open period as people write it: 1–31 Oct 2026, last day included.

    Periods that do not start and end at midnights of `zone` are written with their clock times.
    """
    tz = _zone(zone)
    start, end = period.start.astimezone(tz), period.end.astimezone(tz)
    if _is_midnight(start) and _is_midnight(end):
        return _days_text(start.date(), end.date() - timedelta(days=1))
    if start.date() == end.date():
        return f"{date_text(start.date())}, {start:%H:%M}{EN_DASH}{end:%H:%M}"
    return f"{instant_text(start, zone)} {EN_DASH} {instant_text(end, zone)}"


def span_text(period: Period) -> str:
    """The exact instants of a half-open period, for a tooltip or a proof."""
    return f"from {_iso(period.start)} until before {_iso(period.end)}"


def age_text(at: datetime, now: datetime) -> str:
    """3 days ago, in 2 hours, just now: one unit, rounded down."""
    seconds = int((now - at).total_seconds())
    size = abs(seconds)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if size >= length:
            count = size // length
            phrase = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{phrase} ago" if seconds > 0 else f"in {phrase}"
    return "just now"


def duration_text(seconds: int) -> str:
    """744 h, 3 h 20 min, 45 s: how long a state lasted, at most two units."""
    hours, rest = divmod(seconds, 3_600)
    minutes, rest = divmod(rest, 60)
    parts = [
        f"{count:,}{NO_BREAK_SPACE}{unit}"
        for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s"))
        if count
    ]
    return " ".join(parts[:2]) or f"0{NO_BREAK_SPACE}s"


def _sign(value: Decimal) -> str:
    return MINUS if value < 0 else ""


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent if value else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _is_midnight(at: datetime) -> bool:
    return at.time() == datetime.min.time()


def _days_text(first: date, last: date) -> str:
    if first == last:
        return date_text(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{EN_DASH}{date_text(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} {EN_DASH} {date_text(last)}"
    return f"{date_text(first)} {EN_DASH} {date_text(last)}"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
