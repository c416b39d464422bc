"""Filters that print figures: amounts, quantities, periods, instants.

The words come from console.shell.formats; here they only get the markup that makes them line up,
sort and explain themselves on hover.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.licences.models import PoolCommitment
from console.shell import formats, numbers
from core.money import Money
from core.periods import Period

register = template.Library()


@register.filter
def money(amount: Money) -> SafeString:
    """An amount, its currency code on hover."""
    return format_html(
        '<data class="money" value="{}" title="{}">{}</data>',
        amount.amount,
        amount.currency,
        formats.money_text(amount),
    )


@register.filter
def signed_money(amount: Money) -> SafeString:
    """A difference: with a plus where it is more, its currency code on hover."""
    return format_html(
        '<data class="money" value="{}" title="{}">{}{}</data>',
        amount.amount,
        amount.currency,
        "+" if amount.minor > 0 else "",
        formats.money_text(amount),
    )


@register.filter
def readable(sentence: str) -> str:
    """A sentence of the rating package with separators in its long numbers."""
    return numbers.readable(sentence)


@register.filter
def sentence(text: str, zone: str = "UTC") -> str:
    """A sentence that a machine reads, too, with its instants and amounts as people write them."""
    return formats.sentence_text(text, zone)


@register.filter
def amount_text(text: str, currency: str) -> str:
    """An amount that a document writes as text."""
    return numbers.money(str(text), currency)


@register.filter
def json_text(value: object) -> str:
    """A document as it is written."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def amount_in(value: Decimal, currency: str) -> SafeString | str:
    """An exact amount of currency units; a bare number where the currency is not known."""
    return money(Money(value, currency)) if currency else formats.decimal_text(value)


@register.filter
def held_in(value: Decimal, commitment: PoolCommitment) -> SafeString:
    """What a pool holds or gave: a number of its unit, or an amount of its currency."""
    if commitment.unit:
        return quantity(value)
    return money(Money(value, commitment.license.currency).rounded())


@register.filter
def quantity(value: Decimal, unit: str = "") -> SafeString:
    """A quantity with its unit."""
    number = formats.decimal_text(value)
    if not unit:
        return format_html('<span class="quantity">{}</span>', number)
    return format_html(
        '<span class="quantity">{} <span class="unit">{}</span></span>',
        number,
        formats.unit_text(unit, value),
    )


@register.filter
def percent(rate: Decimal) -> str:
    """A fraction as people say it: 0.19 is 19 %."""
    return f"{formats.decimal_text(rate * 100)}{formats.NO_BREAK_SPACE}%"


@register.filter
def count(value: int) -> str:
    """A count of things: 12,345."""
    return f"{value:,}"


@register.filter
def day(value: date) -> SafeString:
    """A calendar day."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.date_text(value))


@register.filter
def date_only(at: datetime, zone: str = "UTC") -> SafeString:
    """The day of an instant on the clock of a zone; the instant on hover."""
    text = formats.date_text(at.astimezone(ZoneInfo(zone)).date())
    return _time(at, text)


@register.filter
def reason_words(code: str) -> str:
    """A reason's code as words: usage_without_price is Usage without price."""
    return code.replace("_", " ").capitalize()


@register.filter
def instant(at: datetime, zone: str = "UTC") -> SafeString:
    """An instant on the clock of the page, the account's where it is about one; UTC on hover."""
    return _time(at, formats.instant_text(at, zone))


@register.filter
def exact_instant(at: datetime, zone: str = "UTC") -> SafeString:
    """An instant to the second, for lists in which order matters; UTC stands below."""
    shown = _time(at, formats.instant_text(at, zone, seconds=True))
    if zone == "UTC":
        return shown
    utc = formats.instant_text(at, seconds=True)
    return format_html('{}<span class="note">{} UTC</span>', shown, utc)


@register.filter
def instant_said(at: datetime, zone: str = "UTC") -> SafeString:
    """An instant to the second within a sentence: UTC in brackets after the page's own clock."""
    shown = _time(at, formats.instant_text(at, zone, seconds=True))
    utc = formats.instant_text(at, seconds=True)
    return format_html("{} UTC", shown) if zone == "UTC" else format_html("{} ({} UTC)", shown, utc)


@register.filter
def local_day(at: datetime, zone: str = "UTC") -> str:
    """The day of an instant on the clock of a zone, as an address says it."""
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


@register.filter
def age(at: datetime, now: datetime) -> SafeString:
    """How long ago; the instant on hover."""
    return _time(at, formats.age_text(at, now))


@register.filter
def period(value: Period, zone: str = "UTC") -> SafeString:
    """A period in the days of its zone; the exact half-open instants on hover."""
    return format_html(
        '<span class="nowrap" title="{} ({})">{}</span>',
        formats.span_text(value),
        zone,
        formats.period_text(value, zone),
    )


@register.filter
def runbook_name(section: str) -> str:
    """A section of the runbook as its heading reads: "a-parked-account" is "A parked account"."""
    return section.replace("-", " ").capitalize()


@register.filter
def duration(seconds: int) -> str:
    """How long, in hours and minutes."""
    return formats.duration_text(seconds)


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        formats.instant_text(at, seconds=True),
        text,
    )


@register.filter
def plain(value: object, zone: str = "UTC") -> SafeString | str:
    """Any value of a history, the way its kind reads everywhere else."""
    if isinstance(value, datetime):
        return instant(value, zone)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, Decimal):
        return formats.decimal_text(value)
    return "nothing" if value in (None, "") else str(value)
