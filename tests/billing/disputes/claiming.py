"""Customers who were billed a month, and what they come with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from approvals.models import Proposal, ProposalExecution
from billing.catalogue.operations.plans import PriceTerms
from billing.disputes.contested import ContestedTarget
from billing.disputes.models import CaseMessage, ClaimDraft, DisputeCase, DisputeLine
from billing.disputes.operations import line_decisions, messages, opening
from billing.disputes.operations.line_decisions import LineGrant
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.targets import whole
from billing.invoicing.models import Invoice, InvoiceLine
from core.money import Money
from tests.billing.prices import dyno_month, dyno_seconds, per_unit, requests
from tests.billing.receivables.books import Books, minor
from tests.billing.receivables.proposing import Desk
from tests.people import SAM
from tests.story import SOURCE, WHY, Customer, Story
from usage.envelope.received_event import event_key
from usage.operations import event_corrections


@dataclass
class Counter:
    """Where customers come with a charge; Sena puts forward, Farid decides."""

    story: Story
    customer: Customer | None = None

    @cached_property
    def desk(self) -> Desk:
        assert self.customer is not None
        return Desk(Books(self.story, self.customer))

    @property
    def invoice(self) -> Invoice:
        """The last that was issued; one issued anew is of the same period."""
        assert self.customer is not None
        return Invoice.objects.filter(account=self.customer.account).latest("pk")

    @property
    def charge(self) -> InvoiceLine:
        """The one line of usage of the last invoice."""
        return self.invoice.lines.select_related("invoice", "price__meter").get(kind="usage")

    def runs_a_dyno(self, price: str = "31.00") -> Counter:
        """Acme runs one dyno all of March 2026, for so much a month, and is billed."""
        plan = self.story.plan("dynos", dyno_month(dyno_seconds(self.story), "basic", price))
        self.customer = acme = self.story.on("2026-03-01").account("Acme")
        acme.app("acme-web")
        acme.subscribes(plan)
        acme.scales("acme-web", "basic", "1", "2026-03-01")
        self.story.on("2026-04-01").runs_billing()
        return self

    def calls(self, *quantities: str, price: PriceTerms | None = None) -> Counter:
        """Acme makes so many requests in March 2026, one event a day, and is billed."""
        plan = self.story.plan("calls", price or per_unit(requests(self.story), "1.00"))
        self.customer = acme = self.story.on("2026-03-01").account("Acme")
        acme.app("acme-web")
        acme.subscribes(plan)
        self.story.on("2026-04-01")
        for day, quantity in enumerate(quantities, start=1):
            acme.uses("router.requests", "acme-web", f"2026-03-{day:02}", quantity=quantity)
        self.story.runs_billing()
        return self

    def contests(
        self,
        reason: str,
        facts: Mapping[str, str] | None = None,
        *,
        of: InvoiceLine | ContestedTarget | None = None,
        **said: str,
    ) -> DisputeLine:
        """The customer contests a charge; the line of the case it makes."""
        assert self.customer is not None
        target = of if isinstance(of, ContestedTarget) else whole(of or self.charge)
        case = opening.open_case(
            new=NewCase(
                self.customer.account,
                "This cannot be right.",
                [NewLine(target, reason, {**(facts or {}), **said})],
                customer="Marlene Weiss",
            ),
            at=self.story.at,
            by=SAM,
        )
        return self.line_of(case)

    def line_of(self, case: DisputeCase) -> DisputeLine:
        return case.lines.select_related(
            "case__account",
            "hold",
            "invoice_line__invoice",
            "invoice_line__price__meter",
            "late_invoice__account",
            "resource",
        ).order_by("-pk")[0]

    def grants(
        self, line: DisputeLine, amount: str | None = None, *, seen: str = "", way: str = ""
    ) -> Proposal:
        """Sena puts forward what grants a line."""
        part = None if amount is None else minor(amount, line.currency)
        return line_decisions.propose(
            line=line,
            grant=LineGrant(part, "adjustment" if way == "adjustment" else "credit_note", seen),
            at=self.story.at,
            by=self.desk.sena,
            reason=WHY,
        )

    def approves(self, proposal: Proposal) -> ProposalExecution:
        return self.desk.approves(proposal)

    def denies(self, line: DisputeLine, words: str = "It ran until the end.") -> DisputeLine:
        return line_decisions.deny(line=line, words=words, at=self.story.at, by=SAM)

    def runs_again(self, line: DisputeLine, **facts: str) -> ClaimDraft:
        """Support says the fact anew."""
        return opening.state_fact(
            line=line, facts=facts, at=self.story.at, by=SAM, reason="The customer says so"
        )

    def voids(self, event_id: str) -> None:
        """An event turns out to be wrong."""
        key = UUID(event_key(SOURCE, event_id))
        event_corrections.void(key, at=self.story.at, by=SAM, reason=WHY)

    def answers(self, case: DisputeCase, body: str) -> CaseMessage:
        """Support writes to the customer."""
        return messages.say(
            case=case, body=body, audience=CaseMessage.Audience.CUSTOMER, at=self.story.at, by=SAM
        )


def figures(line: DisputeLine) -> tuple[str, str, str, str]:
    """Billed, if it is right, what is credited before tax, and with it, of the last draft."""
    draft = line.drafts.order_by("-number")[0]
    names = ("billed_minor", "drafted_minor", "credit_minor", "gross_minor")
    return tuple(amount(line, getattr(draft, name)) for name in names)  # type: ignore[return-value]


def amount(line: DisputeLine, minor_units: int) -> str:
    return str(Money.from_minor(minor_units, line.currency).amount)


def last_draft(line: DisputeLine) -> ClaimDraft:
    return line.drafts.order_by("-number")[0]
