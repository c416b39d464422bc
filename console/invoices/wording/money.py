"""How an invoice came from its lines to what is due: rows whose bars hang on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.invoicing.models import InvoiceTax
from billing.receivables.models import Settlement
from billing.receivables.queries.invoice_money import InvoiceMoney, SettledStep
from console.shell.formats import decimal_text, money_text
from console.shell.waterfall import HangingBar, waterfall
from core.money import Money

_SETTLED: Final = {
    Settlement.Kind.PAYMENT: "Paid",
    Settlement.Kind.CREDIT_NOTE: "Credit note",
    Settlement.Kind.WRITE_OFF: "Written off",
    Settlement.Kind.BANK_CHARGE: "Bank’s charge",
}
_PAGES: Final = {
    Settlement.Kind.PAYMENT: "console:payment",
    Settlement.Kind.CREDIT_NOTE: "console:credit-note",
}
_TREATMENT: Final = {
    "reverse_charge": "Tax is due by the customer (reverse charge)",
    "exempt": "Exempt from tax",
    "outside": "Not taxable here",
}


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One step: what, of what, since when, by how much; `bar` is its picture.

    `page` is the name of the page of what it comes from, and `ref` what that calls it.
    """

    name: str
    note: str
    at: datetime | None
    delta: Money
    bar: HangingBar
    page: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ToldMoney:
    """The first sum, the steps, and what is left."""

    subtotal: Money
    first: HangingBar
    rows: Sequence[MoneyRow]
    last: HangingBar
    money: InvoiceMoney


def tell_money(money: InvoiceMoney) -> ToldMoney:
    """The steps from the subtotal to what is open."""
    invoice = money.item.invoice
    steps: list[MoneyStep] = [(*_tax_step(each, money), "", "") for each in money.taxes]
    if invoice.carried_minor:
        carried = money.item.money(invoice.carried_minor)
        name = "Carried to the next invoice" if carried.minor > 0 else "Credit of earlier invoices"
        steps.append((name, "", None, carried, "", ""))
    steps += [_settled_step(each) for each in money.settled]
    if money.void is not None:
        at = money.void.effective_at
        steps.append(("Void", money.void.reason, at, -invoice.total, "", ""))
    picture = waterfall(invoice.subtotal_minor, [step[3].minor for step in steps])
    return ToldMoney(
        subtotal=money.item.money(invoice.subtotal_minor),
        first=picture.first,
        rows=[
            MoneyRow(name, note, at, delta, bar, page, ref)
            for (name, note, at, delta, page, ref), bar in zip(steps, picture.steps, strict=True)
        ],
        last=picture.last,
        money=money,
    )


MoneyStep = tuple[str, str, datetime | None, Money, str, str]


def _tax_step(tax: InvoiceTax, money: InvoiceMoney) -> tuple[str, str, datetime | None, Money]:
    base = money.item.money(tax.base_minor)
    if tax.treatment in _TREATMENT:
        note = ", ".join(filter(None, [tax.jurisdiction, tax.evidence]))
        return _TREATMENT[tax.treatment], note, None, money.item.money(0)
    percent = decimal_text((tax.rate * 100).normalize())
    return (
        f"{tax.name} {percent} %",
        f"{tax.jurisdiction}, of {money_text(base)}",
        None,
        money.item.money(tax.tax_minor),
    )


def _settled_step(step: SettledStep) -> MoneyStep:
    kind = Settlement.Kind(step.kind)
    note = step.ref if kind == Settlement.Kind.CREDIT_NOTE else ""
    page = _PAGES.get(kind, "") if step.ref else ""
    return _SETTLED[kind], note or step.reason, step.effective_at, -step.amount, page, step.ref
