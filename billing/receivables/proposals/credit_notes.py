"""Proposals of credit notes: by charge, by tax, by a stated fact, or of name and address alone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from accounts.models import Account
from approvals.drawing import MandateNotFor
from approvals.kinds import Acting, EffectChange, PreparedEffect, ProposedEffect
from billing.invoicing.crediting import CreditRequest
from billing.invoicing.drafting.as_rated import StatedQuantity
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.queries.creditable import Creditable, creditable
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.models import Payment
from billing.receivables.operations import corrections
from billing.receivables.operations.corrections import CreditDestination
from billing.receivables.proposals.payloads import BooksReader, amount_text, minor_of
from billing.receivables.proposals.prepared import PreparedMoney, ToldEffect, recorded_of
from core.decimals import decimal_text
from core.money import Money
from usage.operations.settling import bring_up_to_date

_WISHES: Final = ("lines", "tax", "as_rated", "all", "billed_to")
_WAYS: Final = ("amount", "amount_with_tax", "quantity", "percent", "rest")


class CreditNoteProposal:
    """Credit an issued invoice: first what is due goes to 0, the rest to balance or back.

    Payload: `invoice`, and one of `lines` (`charge` and one of `amount`, `amount_with_tax`,
    `quantity`, `percent`, `rest`), `tax` (`group`, `amount`), `as_rated` (`charge`, `quantity`),
    `all` or `billed_to`; `refund` (an amount) and `refund_to` (a payment) where money goes back.
    """

    name: ClassVar[str] = "credit_note"
    title: ClassVar[str] = "Credit note"
    reason_codes: ClassVar[Mapping[str, str]] = dict(CreditNote.Reason.choices)

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = BooksReader(payload)
        invoice = reader.invoice()
        ways = [name for name in _WISHES if reader.has(name)]
        if len(ways) != 1:
            raise reader.wrong(
                "lines", "Say what to credit: lines, tax, as_rated, all or billed_to, one of them."
            )
        document: dict[str, Any] = {"invoice": invoice.public_id}
        document[ways[0]] = _what(reader, ways[0], invoice.currency)
        refund = reader.amount("refund", invoice.currency)
        if refund is not None:
            document["refund"] = amount_text(refund, invoice.currency)
            if reader.has("refund_to"):
                document["refund_to"] = reader.payment("refund_to").public_id
        reader.end()
        return document

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: Any) -> None:
        """Usage, where the period is rated again."""
        if "as_rated" in payload:
            bring_up_to_date([find_invoice(payload["invoice"]).account_id], at=at)

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Who is credited. Raises: MandateNotFor."""
        if "refund" in payload or prepared.account is None:
            raise MandateNotFor("Under a mandate no money is paid out.", field="refund")
        return prepared.account

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The credit note it would issue."""
        invoice = find_invoice(payload["invoice"])
        left = creditable(invoice)
        return PreparedMoney(
            account=invoice.account,
            invoices=[invoice],
            at=acting.at,
            operation=partial(_credit, invoice, payload, acting),
            told=partial(_told, invoice, left),
        )


def _what(reader: BooksReader, way: str, currency: str) -> Any:
    if way == "all":
        return reader.flag("all")
    if way == "billed_to":
        return reader.mapping("billed_to")
    if way == "as_rated":
        part = reader.part("as_rated")
        assert part is not None  # it was said
        quantity = part.decimal("quantity")
        if quantity is None:
            raise part.wrong("quantity", "Say how much was used.")
        found = {"charge": part.text("charge"), "quantity": decimal_text(quantity)}
        part.end()
        return found
    if way == "tax":
        return [_tax(each, currency) for each in reader.parts("tax")]
    return sorted((_line(each, currency) for each in reader.parts("lines")), key=_charge)


def _tax(part: BooksReader, currency: str) -> dict[str, str]:
    found = {
        "group": part.text("group"),
        "amount": amount_text(part.required_amount("amount", currency), currency),
    }
    part.end()
    return found


def _line(part: BooksReader, currency: str) -> dict[str, Any]:
    said = [way for way in _WAYS if part.has(way)]
    if len(said) != 1:
        raise part.wrong("amount", f"Say one of {', '.join(_WAYS)}.")
    (way,) = said
    found: dict[str, Any] = {"charge": part.text("charge")}
    if way == "rest":
        found["rest"] = part.flag("rest")
    elif way in ("quantity", "percent"):
        number = part.decimal(way)
        if not number or (way == "percent" and number > 100):
            raise part.wrong(way, "Say more than 0, and of a percentage at most 100.")
        found[way] = decimal_text(number)
    else:
        found[way] = amount_text(part.required_amount(way, currency), currency)
    part.end()
    return found


def _charge(line: Mapping[str, Any]) -> str:
    charge: str = line["charge"]
    return charge


def _credit(invoice: Invoice, payload: Mapping[str, Any], acting: Acting) -> CreditNote:
    recorded, destination = recorded_of(acting), _destination(invoice, payload)
    reason_code = CreditNote.Reason(acting.reason_code)
    if "as_rated" in payload:
        fact = payload["as_rated"]
        return corrections.credit_as_rated(
            invoice=invoice,
            fact=StatedQuantity(fact["charge"], Decimal(fact["quantity"])),
            terms=CreditTerms(reason_code=reason_code, ticket=acting.ticket),
            destination=destination,
            recorded=recorded,
        )
    if payload.get("all"):
        return corrections.credit_all(
            invoice=invoice,
            reason_code=reason_code,
            ticket=acting.ticket,
            destination=destination,
            recorded=recorded,
        )
    currency = invoice.currency
    terms = CreditTerms(
        charges=[_request(line, currency) for line in payload.get("lines", ())],
        tax_minor={
            each["group"]: minor_of(each["amount"], currency) for each in payload.get("tax", ())
        },
        reason_code=reason_code,
        ticket=acting.ticket,
        billed_to=payload.get("billed_to", {}),
    )
    return corrections.credit(
        invoice=invoice, terms=terms, destination=destination, recorded=recorded
    )


def _request(line: Mapping[str, Any], currency: str) -> CreditRequest:
    def minor(name: str) -> int | None:
        return minor_of(line[name], currency) if name in line else None

    return CreditRequest(
        line["charge"],
        amount_minor=minor("amount"),
        gross_minor=minor("amount_with_tax"),
        quantity=Decimal(line["quantity"]) if "quantity" in line else None,
        percent=Decimal(line["percent"]) if "percent" in line else None,
        rest=line.get("rest", False),
    )


def _destination(invoice: Invoice, payload: Mapping[str, Any]) -> CreditDestination:
    if "refund" not in payload:
        return CreditDestination()
    to = payload.get("refund_to")
    return CreditDestination(
        refund_minor=minor_of(payload["refund"], invoice.currency),
        refund_to=Payment.objects.get(public_id=to) if to else None,
    )


def _told(invoice: Invoice, left: Creditable, note: CreditNote) -> ToldEffect:
    charges = {charge.key: charge for charge in left.charges}

    def row(name: str, before: int, less: int) -> EffectChange:
        money = partial(Money.from_minor, currency=invoice.currency)
        return EffectChange(str(invoice), name, money(before), money(before - less))

    rows = [
        row(line.description, charges[line.charge_key].left_minor, line.amount_minor)
        for line in note.lines.order_by("pk")
    ]
    if note.tax_minor:
        rows.append(row("Tax", sum(tax.left_minor for tax in left.taxes), note.tax_minor))
    owed = left.left_minor + sum(tax.left_minor for tax in left.taxes)
    if note.total_minor:
        rows.append(row("Invoice and its credit notes", owed, note.total_minor))
    refunds = [
        f"{Money.from_minor(each.amount_minor, note.currency)} goes back to {each.payment}."
        for each in note.refunds.select_related("payment__account")
    ]
    if not note.total_minor:
        refunds.append("Only the name, address or tax id on the invoice is put right.")
    return ToldEffect(
        note.public_id, Money.from_minor(note.total_minor, note.currency), rows, refunds
    )
