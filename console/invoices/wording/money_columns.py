"""From subtotal to due in a few columns: each is a sum or a step, and opens what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.invoicing.queries.invoices import InvoiceDetail
from billing.receivables.models import Settlement
from billing.receivables.queries.invoice_money import InvoiceMoney
from console.shell import formats
from console.shell.waterfall import ColumnBar, HangingBar, waterfall_columns, waterfall_rows
from core.money import Money


@dataclass(frozen=True, slots=True)
class MoneyColumn:
    """One column, and the same as a row for a narrow screen; `tab` is where it opens."""

    name: str
    amount: Money
    is_sum: bool
    is_held: bool
    tab: str
    comes_to: Money
    column: ColumnBar
    row: HangingBar


@dataclass(frozen=True, slots=True)
class MoneyColumns:
    """All columns, and the sentence that says the same."""

    columns: Sequence[MoneyColumn]
    sentence: str


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    amount: Money
    tab: str
    is_sum: bool = False
    is_held: bool = False


def tell_columns(invoice: InvoiceDetail, money: InvoiceMoney | None) -> MoneyColumns:
    """The columns of an invoice; those after the total only once it is issued."""
    steps = [*_until_total(invoice), *(_until_due(invoice, money) if money else [])]
    values = [(step.amount.minor, step.is_sum) for step in steps]
    columns, at = [], Money.zero(invoice.row.total.currency)
    for step, column, row in zip(
        steps, waterfall_columns(values), waterfall_rows(values), strict=True
    ):
        at = step.amount if step.is_sum else at + step.amount
        columns.append(
            MoneyColumn(
                step.name, step.amount, step.is_sum, step.is_held, step.tab, at, column, row
            )
        )
    said = ", ".join(f"{step.name} {formats.money_text(step.amount)}" for step in steps)
    return MoneyColumns(columns, f"{said}.")


def _until_total(invoice: InvoiceDetail) -> list[_Step]:
    lines = "console:invoice-lines"
    steps = [
        _Step("Subtotal", invoice.subtotal - invoice.discount, lines, is_sum=True),
        _Step("Discounts", invoice.discount, lines),
        _Step("Tax", invoice.tax, "console:invoice-payments"),
    ]
    if invoice.carried.minor:
        name = "Carried forward" if invoice.carried.minor > 0 else "Earlier credit"
        steps.append(_Step(name, invoice.carried, "console:invoice-payments"))
    return [*steps, _Step("Total", invoice.row.total, lines, is_sum=True)]


def _until_due(invoice: InvoiceDetail, money: InvoiceMoney) -> list[_Step]:
    tab, none = "console:invoice-payments", Money.zero(invoice.row.total.currency)
    paid = sum(
        (each.amount for each in money.settled if each.kind == Settlement.Kind.PAYMENT), none
    )
    other = sum(
        (each.amount for each in money.settled if each.kind != Settlement.Kind.PAYMENT), none
    )
    if money.void is not None:
        other = other + invoice.row.total
    steps = [_Step("Credits", -other, tab), _Step("Paid", -paid, tab)]
    name = "Due"
    if money.held.minor:
        name = "Open, all on hold" if money.held == money.open else "Open, part on hold"
    return [*steps, _Step(name, money.open, tab, is_sum=True, is_held=bool(money.held.minor))]
