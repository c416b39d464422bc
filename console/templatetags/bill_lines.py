"""Filters that print what stands on a line of a bill; the words are those of line_text."""

from __future__ import annotations

from django import template

from billing.invoicing.queries.line_pages import LineRow
from console.invoices import line_text

register = template.Library()


@register.filter
def how_priced(line: LineRow) -> str:
    """What stands where a line has no single unit price."""
    return line_text.how_priced(line.rated, line.amount.currency)


@register.filter
def allowance(line: LineRow) -> str:
    """What was used in all where some of it was included."""
    return line_text.allowance(line.rated)


@register.filter
def share(line: LineRow) -> str:
    """The part of the period that is charged, where it is not all of it."""
    return line_text.share(line.rated)
