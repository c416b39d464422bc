"""Filters that print what stands on a line of a bill; console.invoices.wording words it."""

from __future__ import annotations

from django import template

from billing.invoicing.queries.line_pages import LineRow
from console.invoices.wording import lines

register = template.Library()


@register.filter
def how_priced(line: LineRow) -> str:
    """What stands where a line has no single unit price."""
    return lines.how_priced(line.rated, line.amount.currency)


@register.filter
def allowance(line: LineRow) -> str:
    """What was used in all where some of it was included."""
    return lines.allowance(line.rated)


@register.filter
def share(line: LineRow) -> str:
    """The part of the period that is charged, where it is not all of it."""
    return lines.share(line.rated)
