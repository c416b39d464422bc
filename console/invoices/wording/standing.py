"""How it stands with an issued invoice, in words that a customer can be sent as they are."""

from __future__ import annotations

from billing.invoicing.queries.invoices import InvoiceRow
from billing.receivables.queries.open_items import OpenItem
from console.shell import formats


def standing_words(row: InvoiceRow, item: OpenItem) -> str:
    """What the invoice comes to, what of it is settled, what is to be paid and by when."""
    period = formats.period_text(row.period, row.zone)
    said = f"Invoice {row.ref} for {period} comes to {formats.money_text(row.total)}."
    if item.is_void:
        return f"{said} It is void: nothing of it is owed."
    settled = item.invoice.total_minor - item.open_minor
    if not item.open_minor:
        return f"{said} {'All of it is settled.' if settled else 'Nothing is to be paid.'}"
    if settled:
        said += f" {formats.money_text(item.money(settled))} of it is paid or credited."
    if item.due_minor:
        by = f" by {formats.date_text(row.due_on)}" if row.due_on else ""
        said += f" {formats.money_text(item.due)} is to be paid{by}."
    if item.held_minor:
        held = formats.money_text(item.money(item.held_minor))
        said += f" {held} is on hold, and no reminder asks for it."
    return said
