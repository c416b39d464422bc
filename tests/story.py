"""A story told in dates: real accounts, prices, events and bill runs, through the operations.

Keeps a present instant, which `on` moves. Nothing here decides an amount; the statements it
prints are read from the invoices that were issued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import Account, Resource
from accounts.operations import accounts, resources
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.billability import BillableGate
from billing.contracts.models import Subscription
from billing.contracts.operations import subscriptions
from billing.invoicing.models import BillRun, Invoice
from billing.invoicing.operations import bill_runs, ended_periods
from billing.publishing import operations as publishing
from core.decimals import decimal_text
from core.money import Money
from tests.people import ADA, PLATFORM
from usage.aggregate.rules import Aggregation
from usage.envelope import read_item
from usage.meter_terms import MeterTerms
from usage.models import Meter
from usage.operations import meters
from usage.operations.ingest import Verdict, ingest
from usage.operations.meters import NewMeter

SOURCE = "platform/tests"
WHY = "Told by a test"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime:
    """An instant from "2026-04-01" or "2026-04-01T12:00"; UTC where no zone is given."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


@dataclass
class Story:
    """What happens, in order. Days are given as text, amounts and quantities too."""

    at: datetime = LONG_AGO
    _ids: count[int] = field(default_factory=lambda: count(1))

    def on(self, day: str) -> Story:
        """Go to an instant."""
        self.at = instant(day)
        return self

    def meter(self, code: str, **terms: Any) -> Meter:
        """Define a meter that has always been there."""
        new = NewMeter(
            code=code,
            name=terms.pop("name", code),
            unit=terms.pop("unit", "unit"),
            aggregation=Aggregation(terms.pop("aggregation", "sum")),
        )
        return meters.define(
            new,
            MeterTerms(event_type=terms.pop("event_type", code), **terms),
            at=LONG_AGO,
            by=PLATFORM,
            reason=WHY,
        )

    def plan(self, code: str, *prices: PriceTerms, currency: str = "USD") -> Plan:
        """Publish a plan that has always been there."""
        product = plans.create_product(code=code, name=code, by=ADA, reason=WHY)
        plan = plans.create_plan(
            product=product, code=code, name=code.title(), currency=currency, by=ADA, reason=WHY
        )
        version = plans.draft_version(
            plan=plan, effective_from=LONG_AGO, prices=prices, by=ADA, reason=WHY
        )
        publishing.publish(version=version, at=LONG_AGO, by=ADA, reason=WHY)
        return plan

    def account(
        self, name: str, *, currency: str = "USD", zone: str = "UTC", anchor: str = "2020-01-01"
    ) -> Customer:
        """Open an account now."""
        account = accounts.open(
            new=NewAccount(
                name=name, kind="team", currency=currency, anchor_on=date.fromisoformat(anchor)
            ),
            profile=ProfileTerms(legal_name=f"{name} Ltd", zone=zone),
            at=self.at,
            by=ADA,
            reason=WHY,
        )
        return Customer(self, account)

    def sends(self, *events: Mapping[str, Any], gate: BillableGate | None = None) -> list[Verdict]:
        """Report events; each needs type, subject, time and data, the rest is filled in."""
        items = [read_item(self.event(**event)) for event in events]
        result = ingest(items, at=self.at, by=PLATFORM, gate=gate)
        return result.verdicts

    def event(self, **given: Any) -> dict[str, Any]:
        """One event as it is decoded from JSON."""
        return {"id": f"evt-{next(self._ids)}", "source": SOURCE} | given

    def plans_a_run(self, **options: Any) -> BillRun:
        """Plan a bill run now."""
        asked: dict[str, Any] = {"as_of": self.at} | options
        return bill_runs.start(at=self.at, by=ADA, reason=WHY, **asked)

    def runs_billing(self, **options: Any) -> BillRun:
        """Plan a bill run now and do all of its work here, with what has ended added up."""
        ended_periods.add_up(at=self.at)
        run = self.plans_a_run(**{"grace": timedelta(0)} | options)
        while chunk := bill_runs.claim_chunk(at=self.at):
            bill_runs.work(chunk=chunk, at=self.at)
        run.refresh_from_db()
        return run


@dataclass
class Customer:
    """An account of the story."""

    story: Story
    account: Account

    def app(self, name: str) -> Resource:
        """Create an app of this account now; its platform id is its name."""
        return self.resource(name, kind="app")

    def resource(self, name: str, *, kind: str, parent: Resource | None = None) -> Resource:
        """Create a resource of this account now; its platform id is its name."""
        return resources.register(
            platform_id=name,
            kind=kind,
            name=name,
            account=self.account,
            parent=parent,
            at=self.story.at,
            by=PLATFORM,
            reason=WHY,
        )

    def hands_over(self, resource: Resource, to: Customer, *, at: str) -> None:
        """Transfer a resource, and what is below it, to another account at an instant."""
        resources.transfer(resource=resource, to=to.account, at=instant(at), by=ADA, reason=WHY)

    def subscribes(self, plan: Plan, *, until: str | None = None) -> Subscription:
        """Take a plan from now on."""
        return subscriptions.start(
            account=self.account,
            plan=plan,
            at=self.story.at,
            until=None if until is None else instant(until),
            by=ADA,
            reason=WHY,
        )

    def uses(self, type: str, subject: str, at: str, **data: Any) -> Verdict:
        """Report one event of a resource at an instant."""
        time = instant(at).isoformat()
        event = {"type": type, "subject": subject, "time": time, "data": data}
        (verdict,) = self.story.sends(event)
        return verdict

    def scales(self, app: str, size: str, quantity: str, at: str, process: str = "web") -> Verdict:
        """Report a change of a dyno formation."""
        return self.uses(
            "formation.scaled", app, at, process_type=process, size=size, quantity=quantity
        )

    @property
    def invoices(self) -> list[Invoice]:
        """All invoices of the account, oldest period first."""
        return list(Invoice.objects.filter(account=self.account).order_by("period_from"))

    @property
    def invoice(self) -> Invoice:
        """The latest invoice."""
        return self.invoices[-1]

    @property
    def statement(self) -> str:
        """The latest invoice as a table: description, quantity and amount of each line."""
        return statement(self.invoice)


def statement(invoice: Invoice) -> str:
    """An invoice as text: one line each, then the total."""
    rows = [
        f"{line.description}  {decimal_text(line.quantity)} {line.unit}".rstrip()
        + f"  {Money.from_minor(line.amount_minor, invoice.currency).amount}"
        for line in invoice.lines.order_by("position")
    ]
    return "\n".join([*rows, f"total  {invoice.total.amount}"])


def lines(text: str) -> str:
    """An expected statement, without the indentation of the test."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
