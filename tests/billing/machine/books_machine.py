"""A machine that does to one customer's books whatever may be done, in any order.

It knows only what a child could add up: what came in, what went out, what was billed. After every
step the checkers of docs/invariants.md look at the rows, the ledger is compared with the machine's
own sums, and where an operation was refused nothing may have changed. A preview comes before every
correction, and the execution must come to what it said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.crediting import CreditRequest
from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.ledger.models import Journal, JournalLine
from billing.receivables.effects import carry_out, preview
from billing.receivables.gateways import SimulatedGateway
from billing.receivables.models import (
    Hold,
    Payment,
    PaymentReversal,
    Refund,
    RefundAttempt,
    Settlement,
)
from billing.receivables.operations import corrections, holds, payments, refunds, settling
from billing.receivables.operations.corrections import CreditDestination
from billing.receivables.operations.holds import HoldTerms
from billing.receivables.operations.payments import ReversalReport
from billing.receivables.queries.open_items import open_items
from core.errors import DomainError
from core.invariants import invariants
from tests.billing.receivables.books import Books, balance
from tests.story import Story, instant

HELD_BY = ("I17", "I18", "I19", "I20", "I22", "I23", "I27", "I29", "I30", "I31", "I32", "I35")
"""What must hold after every step: all that speaks of issued invoices, money and the ledger."""
AMOUNTS = st.integers(1, 40_000)
PICK = st.integers(0, 10_000)
LINES = st.dictionaries(st.sampled_from("abc"), st.integers(-3_000, 30_000), min_size=1)
OUTCOMES = st.sampled_from(list(RefundAttempt.Outcome))


def _text(minor: int) -> str:
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02}"


class BooksMachine(RuleBasedStateMachine):
    """One customer who uses something, is billed, pays, and is credited."""

    def __init__(self) -> None:
        super().__init__()
        self._undone = transaction.atomic()
        self._undone.__enter__()
        self.cash = 0
        self.months = 0
        self.keys = 0

    def teardown(self) -> None:
        """Leave no row behind."""
        transaction.set_rollback(True)
        self._undone.__exit__(None, None, None)

    @initialize(lines=LINES, paid=AMOUNTS)
    def begins(self, lines: dict[str, int], paid: int) -> None:
        """A customer with an app and a price for calls; two invoices, and some money."""
        self.story = Story()
        meter = self.story.meter("calls", event_type="calls")
        price = PriceTerms(
            code="calls",
            name="Calls",
            meter=meter,
            group_by=["resource"],
            definition={"model": "per_unit", "unit_price": "0.335"},
        )
        plan = self.story.plan("calls", price, currency="EUR")
        self.story.on("2026-01-01")
        customer = self.story.account("Acme", currency="EUR")
        customer.app("acme-web")
        customer.subscribes(plan)
        self.books = Books(self.story, customer)
        self.gateway = SimulatedGateway(behave=lambda key: self.outcome)
        self.outcome = RefundAttempt.Outcome.SUCCEEDED
        self.is_invoiced({"a": 10_000, "b": 2_500}, "19")
        self.is_invoiced(lines, "")
        self.pays(paid)

    # What is billed

    @rule(quantity=st.integers(1, 3_000), hour=st.integers(1, 600))
    def uses(self, quantity: int, hour: int) -> None:
        """The customer calls; also in a month that is billed."""
        at = instant("2026-01-01") + timedelta(days=31 * self.months // 2, hours=hour)
        at = min(at, self.books.at - timedelta(hours=1)) if self.months else at
        self.story.at = max(self.story.at, at + timedelta(hours=1))
        self.books.customer.uses("calls", "acme-web", at.isoformat(), quantity=str(quantity))

    @precondition(lambda self: self.months < 6)
    @rule()
    def a_month_is_billed(self) -> None:
        """The next month ends and is billed."""
        self.months += 1
        self.story.at = max(self.story.at, instant(f"2026-{self.months + 1:02}-02"))
        run = self.story.runs_billing()
        assert not run.items.filter(state="parked").exists(), list(run.items.values("parked_code"))

    @rule(lines=LINES, rate=st.sampled_from(("", "19", "7.7")))
    def is_invoiced(self, lines: dict[str, int], rate: str) -> None:
        """Something else is invoiced; never for less than nothing."""
        if sum(lines.values()) >= 0:
            self.books.invoice({name: _text(minor) for name, minor in lines.items()}, rate=rate)

    # What is corrected

    @rule(
        which=PICK,
        charge=PICK,
        way=st.sampled_from(("amount_minor", "gross_minor", "percent", "quantity", "rest")),
        size=st.integers(1, 30_000),
        refunded=st.integers(0, 10_000),
    )
    def is_credited(self, which: int, charge: int, way: str, size: int, refunded: int) -> None:
        """Some of a charge is credited, asked for in any way."""
        invoice = self._one_of(Invoice.objects.filter(number__gt=""), which)
        if invoice is None:
            return
        line = self._one_of(invoice.lines.all(), charge)
        value = {"percent": size % 100 + 1, "quantity": size % 5 + 1, "rest": True}.get(way, size)
        request = CreditRequest(line.key if line else "none", **{way: value})  # type: ignore[arg-type]

        def credit() -> CreditNote:
            return corrections.credit(
                invoice=invoice,
                terms=CreditTerms(charges=[request]),
                destination=CreditDestination(refund_minor=refunded if size % 3 == 0 else 0),
                recorded=self.books.recorded(),
            )

        self._corrected(credit, invoice)

    @rule(which=PICK)
    def is_credited_in_full(self, which: int) -> None:
        """All that stands of an invoice is credited."""
        invoice = self._one_of(Invoice.objects.filter(number__gt=""), which)
        if invoice is not None:
            self._corrected(lambda: self.books.credits(invoice), invoice)

    @rule(which=PICK)
    def is_voided(self, which: int) -> None:
        """An invoice is voided."""
        invoice = self._one_of(Invoice.objects.filter(number__gt=""), which)
        if invoice is not None:
            recorded = self.books.recorded()
            self._corrected(lambda: corrections.void(invoice=invoice, recorded=recorded), invoice)

    @rule(which=PICK)
    def is_reissued(self, which: int) -> None:
        """The period of a void invoice is billed once more."""
        void = self._one_of(
            InvoiceVoid.objects.filter(invoice__period_from__gte=instant("2026-01-01")), which
        )
        if void is not None:
            recorded = self.books.recorded()
            self._tried(lambda: corrections.reissue(void=void, recorded=recorded))

    @rule(which=PICK, size=AMOUNTS)
    def is_written_off(self, which: int, size: int) -> None:
        """Some of what is open is given up, or all of it."""
        invoice = self._one_of(Invoice.objects.filter(number__gt=""), which)
        if invoice is None:
            return
        amount = None if size % 2 else size
        recorded = self.books.recorded()

        def write_off() -> Settlement:
            return corrections.write_off(invoice=invoice, amount_minor=amount, recorded=recorded)

        self._corrected(write_off, invoice)

    @rule(which=PICK, invoice=PICK, size=AMOUNTS)
    def is_recovered(self, which: int, invoice: int, size: int) -> None:
        """A payment comes for what was written off."""
        payment = self._one_of(Payment.objects.all(), which)
        lost = Settlement.objects.filter(kind=Settlement.Kind.WRITE_OFF)
        on = self._one_of(Invoice.objects.filter(pk__in=lost.values("invoice_id")), invoice)
        if payment is not None and on is not None:
            self._tried(
                lambda: corrections.recover(
                    payment=payment, invoice=on, amount_minor=size, recorded=self.books.recorded()
                )
            )

    # What is paid

    @rule(size=AMOUNTS)
    def pays(self, size: int) -> None:
        """Money comes in."""
        self.books.pays(_text(size))
        self.cash += size

    @rule(which=PICK, is_note=st.booleans(), chosen=st.one_of(st.none(), PICK), size=AMOUNTS)
    def is_allocated(self, which: int, is_note: bool, chosen: int | None, size: int) -> None:
        """Money is put on the oldest invoices, or on a chosen one."""
        source = self._one_of((CreditNote if is_note else Payment).objects.all(), which)
        if source is None:
            return
        invoice = None
        if chosen is not None:
            invoice = self._one_of(Invoice.objects.filter(number__gt=""), chosen)
        amounts = None if invoice is None else {invoice: _text(size)}
        self._tried(lambda: self.books.allocates(source, amounts))

    @rule(which=PICK)
    def is_taken_off(self, which: int) -> None:
        """Money is taken off an invoice again."""
        settlement = self._one_of(Settlement.objects.all(), which)
        if settlement is not None:
            self._tried(
                lambda: settling.unapply(settlement=settlement, recorded=self.books.recorded())
            )

    @rule(which=PICK, size=AMOUNTS)
    def is_taken_back(self, which: int, size: int) -> None:
        """The bank takes a payment back, or some of it."""
        payment = self._one_of(Payment.objects.all(), which)
        if payment is None:
            return
        self.keys += 1
        taken = ReversalReport(
            PaymentReversal.Kind.BANK, "bank", f"back-{self.keys}", min(size, payment.amount_minor)
        )
        recorded = self.books.recorded()
        if self._tried(lambda: payments.reverse(payment=payment, taken=taken, recorded=recorded)):
            self.cash -= taken.amount_minor

    @rule(which=PICK, size=AMOUNTS)
    def asks_for_a_refund(self, which: int, size: int) -> None:
        """What is free of a payment is asked back."""
        payment = self._one_of(Payment.objects.all(), which)
        if payment is not None:
            self._tried(
                lambda: refunds.request(
                    amount_minor=size, to=payment, recorded=self.books.recorded()
                )
            )

    @rule(which=PICK, outcome=OUTCOMES)
    def the_gateway_is_asked(self, which: int, outcome: RefundAttempt.Outcome) -> None:
        """The gateway pays a refund out, refuses it, or says nothing."""
        refund = self._one_of(Refund.objects.all(), which)
        if refund is None:
            return
        self.outcome = outcome
        made = self._tried(
            lambda: refunds.attempt(refund=refund, gateway=self.gateway, at=self.books.at)
        )
        if made is not None and made.outcome == RefundAttempt.Outcome.SUCCEEDED:
            self.cash -= refund.amount_minor

    @rule(which=PICK, size=AMOUNTS, days=st.integers(1, 40))
    def is_held(self, which: int, size: int, days: int) -> None:
        """Some of an invoice is held for a while."""
        invoice = self._one_of(Invoice.objects.filter(number__gt=""), which)
        if invoice is not None:
            terms = HoldTerms([Hold.Process.DUNNING], self.books.at + timedelta(days=days))
            self._tried(
                lambda: holds.place(
                    invoice=invoice, amount_minor=size, terms=terms, recorded=self.books.recorded()
                )
            )

    @rule(which=PICK)
    def is_released(self, which: int) -> None:
        """A hold is let go."""
        hold = self._one_of(Hold.objects.all(), which)
        if hold is not None:
            self._tried(lambda: holds.release(hold=hold, recorded=self.books.recorded()))

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        """Nobody does anything."""
        self.story.at += timedelta(days=days)

    # What must hold

    @invariant()
    def the_checkers_find_nothing(self) -> None:
        """Every checker of the books holds."""
        for each in invariants(HELD_BY):
            result = each.check()
            assert result.holds, (each.id, each.text, result.sample_ids)

    @invariant()
    def cash_is_what_came_in_less_what_went_out(self) -> None:
        """The machine's own sum, which reads no row."""
        assert balance("cash") == self.cash

    @invariant()
    def nothing_is_open_below_nothing_or_held_beyond_it(self) -> None:
        """Open is between nothing and the total, and what is held is no more than that."""
        issued = list(Invoice.objects.filter(number__gt=""))
        if not issued:
            return
        for item in open_items(issued, at=self.books.at).values():
            assert 0 <= item.open_minor <= max(item.invoice.total_minor, 0), item
            assert item.held_minor <= item.open_minor, item

    def _one_of(self, rows: Any, which: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[which % len(found)] if found else None

    def _corrected(self, call: Callable[[], Any], invoice: Invoice) -> None:
        """Look first; then it must come to what was seen."""
        seen = self._tried(lambda: preview(call, of=[invoice], at=self.books.at), keeps=False)
        if seen is not None:
            carry_out(call, of=[invoice], at=self.books.at, seen=seen)

    def _tried(self, call: Callable[[], Any], *, keeps: bool = True) -> Any:
        """What came of it, or None where it was refused; a refusal leaves nothing."""
        before = self._rows()
        try:
            made = call()
        except DomainError:
            assert self._rows() == before
            return None
        assert keeps or self._rows() == before
        return made

    def _rows(self) -> tuple[int, ...]:
        tables = (Journal, JournalLine, Settlement, CreditNote, Invoice, Refund, InvoiceVoid)
        return tuple(table.objects.count() for table in tables)
