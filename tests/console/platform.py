"""A small platform with one finished month and half of the next, seen on 12 May 2026 at noon.

Acme runs one app: one standard-2x dyno from 1 April, three from 16 April on, and requests in
tiers. Globex cannot be billed: it runs a size nobody priced. One event waits in quarantine. A
simulation leaves the requests of 10 April out. March may be reported again, beside what there is.
A credit note puts Acme's name right, and an adjustment waits for Globex' next invoice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Resource
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import SeatHolder
from billing.contracts.models.changes import SubscriptionVerb
from billing.contracts.operations import changes
from billing.contracts.operations.changes import ChangeWish
from billing.disputes.models import CreditBatch, CreditBatchRow
from billing.disputes.operations import incidents, opening
from billing.disputes.operations.incidents import IncidentTerms
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.targets import whole
from billing.invoicing.models import Adjustment, BillRun, CreditGrant, CreditNote, Invoice
from billing.invoicing.operations import adjustments, grants
from billing.invoicing.operations.adjustments import AdjustmentTerms
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.operations.grants import GrantTerms
from billing.receivables.operations import bank_files, corrections, payments
from billing.receivables.operations.bank_files import BankUpload
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.rule_versions import bank_format
from billing.spending.operations import limits
from billing.spending.operations.limits import LimitTerms
from billing.whatif.models import Simulation
from billing.whatif.operations import simulations
from core.actor import acting_as
from core.periods import Period
from tests.billing.prices import dyno_month, flat
from tests.people import ADA
from tests.story import Customer, Story, instant
from usage.models import Backfill, Meter, Source
from usage.operations import backfills
from usage.operations.backfills import Range

NOW = "2026-05-12T12:00:00+00:00"


@dataclass
class Platform:
    """What the tests look at."""

    story: Story
    acme: Customer
    globex: Customer
    app: Resource
    run: BillRun
    simulation: Simulation
    backfill: Backfill

    @property
    def invoice(self) -> Invoice:
        """Acme's invoice of April."""
        return self.acme.invoice

    @property
    def version(self) -> PlanVersion:
        """The version everybody is on."""
        return PlanVersion.objects.get(plan__code="standard", number=1)


def build() -> Platform:
    """Make it through the operations, at the instants it happened."""
    story = Story()
    dynos = story.meter(
        "dyno-seconds",
        name="Dyno time",
        unit="dyno-seconds",
        aggregation="duration",
        event_type="formation.scaled",
        dimensions=("size",),
        presentation=("process_type",),
        state_key=("process_type",),
    )
    requests = story.meter(
        "requests", name="Router requests", unit="requests", event_type="router.requests"
    )
    tiers = {
        "model": "graduated",
        "unit": "million requests",
        "convert": {"divide_by": "1000000"},
        "tiers": [{"up_to": "1", "unit_price": "0"}, {"unit_price": "0.40"}],
    }
    plan = story.plan(
        "standard",
        dyno_month(dynos, "standard-2x", "50.00"),
        PriceTerms("requests", "Router requests", tiers, requests),
        flat("10.00"),
    )
    story.on("2026-04-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    app = acme.app("acme-web")
    globex.app("globex-web")
    acme.subscribes(plan)
    globex.subscribes(plan)
    story.on("2026-05-12T11:00")
    acme.scales("acme-web", "standard-2x", "1", at="2026-04-01T00:00")
    acme.scales("acme-web", "standard-2x", "3", at="2026-04-16T00:00")
    acme.uses("router.requests", "acme-web", "2026-04-10T09:30", quantity="2500001")
    acme.uses("router.requests", "acme-web", "2026-05-02T09:30", quantity="400000")
    acme.uses("dyno.hibernated", "acme-web", "2026-04-10T09:30", quantity="1")
    globex.scales("globex-web", "huge", "1", at="2026-04-03T00:00")
    run = story.runs_billing()
    simulation = _without_a_day(requests, story)
    _money_of(globex, story)
    _corrections_of(acme, globex, story)
    _contested(acme, story)
    return Platform(story, acme, globex, app, run, simulation, _march_again(story))


def _without_a_day(requests: Meter, story: Story) -> Simulation:
    """The requests of 10 April are left out."""
    return simulations.left_out(
        meter=requests,
        span=Period(instant("2026-04-10"), instant("2026-04-11")),
        at=story.at,
        by=ADA,
        reason="The router counted twice",
    )


def _contested(acme: Customer, story: Story) -> None:
    """Acme says it made more requests than it was billed for, which would have been dearer."""
    line = acme.invoice.lines.get(description="Router requests")
    new = NewCase(
        account=acme.account,
        said="We count three million.",
        lines=[NewLine(whole(line), "quantity_differs", {"quantity": "3000000"})],
        customer="Ida Acme",
    )
    case = opening.open_case(new=new, at=story.at, by=ADA)
    contested = case.lines.get()
    # A fact of Acme's alone: its other charge stands for those of other customers.
    terms = IncidentTerms(
        title="Routing",
        happened="Requests were counted twice.",
        down_from=instant("2026-04-10"),
        down_until=instant("2026-04-11"),
        meter_codes=["requests"],
    )
    incidents.open_incident(terms=terms, at=story.at, by=ADA, reason="Alarms")
    batch = CreditBatch.objects.create(
        line=contested,
        reason_code=contested.reason_code,
        cause="Router requests",
        reason="The router counted twice",
        drafted_at=story.at,
        drafted_by="Ada",
    )
    CreditBatchRow.objects.create(
        batch=batch,
        invoice_line=acme.invoice.lines.exclude(pk=line.pk)[0],
        currency=line.invoice.currency,
        facts=contested.facts,
        not_before=story.at,
    )


def _money_of(globex: Customer, story: Story) -> None:
    """Globex pays before it owes: once by hand, once in a bank's file that a person must read."""
    recorded = Recorded(story.at, ADA, "Statement of the day")
    report = Report("by-hand", "one", "USD", 1000, story.at)
    payments.record(payer=globex.account, report=report, recorded=recorded)
    text = f"2026-05-12,25.00,USD,thanks {globex.account.public_id}\n2026-05-12,1.00,USD,who"
    content = f"date,amount,currency,text\n{text}\n".encode()
    upload = BankUpload(content, "may.csv", "bank:house", bank_format("standard", at=story.at))
    bank_files.import_file(upload=upload, recorded=recorded)


def _corrections_of(acme: Customer, globex: Customer, story: Story) -> None:
    """Acme's name was put right, which moves no money; Globex' next invoice gives 3.00."""
    recorded = Recorded(story.at, ADA, "As the register has it")
    named = {**acme.invoice.billed_to, "legal_name": "Acme Limited"}
    address = CreditTerms(reason_code=CreditNote.Reason.ADDRESS, billed_to=named)
    corrections.credit(invoice=acme.invoice, terms=address, recorded=recorded)
    given = AdjustmentTerms(-300, "Slow in April", Adjustment.Reason.GOODWILL)
    changes.ask(
        subscription=acme.account.subscriptions.get(),
        wish=ChangeWish(SubscriptionVerb.CANCEL, instant("2027-05-01")),
        quote="chq_of_the_platform",
        at=story.at,
        by=ADA,
        reason="Ticket 23",
    )
    with acting_as(ADA, reason="Ticket 24"):
        SeatHolder.objects.create(
            subscription=acme.account.subscriptions.get(),
            price_code="seats",
            holder="ada@acme.example",
            held_from=instant("2026-06-01"),
        )
    soon = GrantTerms(
        CreditGrant.Kind.PROMOTIONAL, "Anniversary", Decimal(2500), instant("2027-01-01"),
        reason_code="promotion",
    )  # fmt: skip
    grants.grant(account=acme.account, terms=soon, at=story.at, by=ADA, reason="Ticket 22")
    may = LimitTerms(500_00, stops=False, marks=(80, 100))
    limits.set_limit(account=acme.account, terms=may, at=story.at, by=ADA, reason="Ticket 24")
    adjustments.adjust(account=globex.account, terms=given, at=story.at, by=ADA, reason="Ticket 21")


def _march_again(story: Story) -> Backfill:
    march = Range(Source.objects.get(), instant("2026-03-01"), instant("2026-04-01"))
    return backfills.start(march, at=story.at, by=ADA, reason="The agent was down")
