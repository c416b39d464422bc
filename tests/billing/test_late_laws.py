"""The law of late usage: however it comes and goes, all bills together are what one would be.

Sent early and late, voided, restored and amended, with a run in between, under every kind of price
and with terms that change within the month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction as django_transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.proofs.shadow import shadowed
from billing.publishing import operations as publishing
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import LONG_AGO, WHY, Customer, Story, instant
from usage.envelope.received_event import event_key
from usage.models import Meter
from usage.operations import event_corrections

Document = dict[str, Any]

_CENTS = {"model": "per_unit", "unit_price": "1.25"}
DOCUMENTS: tuple[Document, ...] = (
    {"model": "per_unit", "unit_price": "0.35"},
    {"model": "per_unit", "unit_price": "0.35", "included": "7"},
    {
        "model": "graduated",
        "tiers": [
            {"up_to": "10", "unit_price": "2", "fee": "3"},
            {"up_to": "20", "unit_price": "1.5", "fee": "2"},
            {"unit_price": "0.5"},
        ],
    },
    {"model": "volume", "tiers": [{"up_to": "10", "unit_price": "2"}, {"unit_price": "1.1"}]},
    {"model": "package", "size": "7", "price": "5"},
    {"model": "stairstep", "tiers": [{"up_to": "10", "price": "5"}, {"price": "20"}]},
    {"model": "percentage", "percent": "10", "fee_per_event": "0.30", "free_events": 2},
    _CENTS | {"convert": {"divide_by": "7", "round": "up"}},
    _CENTS | {"maximum": "12"},
    _CENTS | {"minimum": "20"},
    _CENTS | {"maximum": {"amount": "12", "per": "account"}},
    _CENTS | {"minimum": {"amount": "20", "per": "account"}},
    _CENTS | {"discounts": [{"percent": "10"}]},
    _CENTS | {"discounts": [{"amount": "3"}]},
    _CENTS | {"commitment": {"quantity": "10", "overage_factor": "2"}},
)

OVERALL: tuple[Document, ...] = (
    {"minimum": "5020"},
    {"maximum": "5015"},
    {"minimum": {"amount": "5012", "proration": "day"}, "maximum": "5030"},
)
"""What all charges of the plan cost at least, at most: its fee of 5000 and the calls."""

Sent = tuple[int, int, int]
Step = tuple[str, int, int, int]

_SENT = st.tuples(st.integers(0, 1), st.integers(1, 12), st.integers(1, 30))
_STEP = st.one_of(
    _SENT.map(lambda sent: ("send", *sent)),
    st.tuples(st.just("void"), st.integers(0, 5), st.just(0), st.just(0)),
    st.tuples(st.just("amend"), st.integers(0, 5), st.integers(0, 12), st.just(0)),
    st.just(("bill", 0, 0, 0)),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    price=st.sampled_from(DOCUMENTS),
    later=st.none() | st.sampled_from(DOCUMENTS),
    overall=st.none() | st.sampled_from(OVERALL),
    by_app=st.booleans(),
    early=st.lists(_SENT, max_size=4),
    steps=st.lists(_STEP, max_size=6),
)
def test_all_bills_together_are_what_one_would_have_been(
    db: None,
    price: Document,
    later: Document | None,
    overall: Document | None,
    by_app: bool,
    early: list[Sent],
    steps: list[Step],
) -> None:
    with django_transaction.atomic():
        story = Story()
        march = March(story, _customer(story, [price, later], overall, by_app=by_app))
        for sent in early:
            march.send(*sent)
        story.runs_billing()
        for step in steps:
            march.take(*step)
        story.on("2026-06-01").runs_billing()
        assert march.billed_minor == march.comes_to_minor
        issued = [invoice.pk for invoice in march.acme.invoices]
        assert [found.differences for found in shadowed(issued)] == [[] for _ in issued]
        django_transaction.set_rollback(True)


def _customer(
    story: Story,
    prices: Sequence[Document | None],
    overall: Document | None,
    *,
    by_app: bool,
) -> Customer:
    """Acme with two apps, subscribed from 1 March; the second price is from the 15th on, if any."""
    meter = story.meter("requests", event_type="router.requests")
    price, later = (None if each is None else _terms(each, meter, by_app=by_app) for each in prices)
    common = [flat("5000.00")]
    if overall is not None:
        common.append(PriceTerms("spend", "Spend", {"model": "all_charges"} | overall))
    assert price is not None
    plan = story.plan("calls", price, *common)
    if later is not None:
        _revise(plan, later, *common)
    acme = story.on("2026-03-01").account("Acme")
    for app in ("acme-0", "acme-1"):
        acme.app(app)
    acme.subscribes(plan)
    story.on("2026-04-01")
    return acme


def _terms(price: Document, meter: Meter, *, by_app: bool) -> PriceTerms:
    return PriceTerms("calls", "Calls", price, meter, group_by=("resource",) if by_app else ())


def _revise(plan: Plan, *prices: PriceTerms) -> None:
    version = plans.draft_version(
        plan=plan,
        effective_from=instant("2026-03-15"),
        existing_from=date(2026, 3, 15),
        prices=prices,
        by=ADA,
        reason=WHY,
    )
    publishing.publish(version=version, at=LONG_AGO, by=ADA, reason=WHY)


@dataclass
class March:
    """Acme's usage of March, and what it was billed for it."""

    story: Story
    acme: Customer
    sent: list[UUID] = field(default_factory=list)
    counts: dict[UUID, int] = field(default_factory=dict)
    voided: set[UUID] = field(default_factory=set)

    def send(self, app: int, quantity: int, day: int) -> None:
        """Report requests of a day. What is older than 62 days would be held."""
        if self.story.at > instant("2026-04-30"):
            day = 30
        verdict = self.acme.uses(
            "router.requests", f"acme-{app}", f"2026-03-{day:02}", quantity=f"{quantity}"
        )
        assert verdict.source is not None
        assert verdict.id is not None
        self.sent.append(UUID(event_key(verdict.source, verdict.id)))
        self.counts[self.sent[-1]] = quantity

    def take(self, verb: str, which: int, quantity: int, day: int) -> None:
        """One step of the example; a correction is of one of the events sent so far, if any."""
        if verb == "send":
            self.send(which, quantity, day)
        elif verb == "bill":
            self.story.on("2026-05-01").runs_billing()
        elif self.sent:
            self._correct(self.sent[which % len(self.sent)], verb, quantity)

    def _correct(self, key: UUID, verb: str, quantity: int) -> None:
        said: dict[str, Any] = {"at": self.story.at, "by": ADA, "reason": WHY}
        if verb == "void" and key in self.voided:
            self.voided.remove(key)
            event_corrections.restore(key, **said)
        elif verb == "void":
            self.voided.add(key)
            event_corrections.void(key, **said)
        elif key not in self.voided and self.counts[key] != quantity:
            self.counts[key] = quantity
            event_corrections.amend(key, quantity=Decimal(quantity), data={}, **said)

    @property
    def invoice(self) -> Invoice:
        return self.acme.invoices[0]

    @property
    def billed_minor(self) -> int:
        """All that was billed for March, on its invoice and on later ones."""
        own = InvoiceLine.objects.filter(invoice=self.invoice)
        late = InvoiceLine.objects.filter(corrects=self.invoice)
        return sum(line.amount_minor for line in [*own, *late])

    @property
    def comes_to_minor(self) -> int:
        """What March would be billed now, if it never had been."""
        scope = AccountPeriod(self.acme.account.pk, self.invoice.period, self.invoice.zone)
        (draft,) = rated_drafts([scope])
        assert isinstance(draft, InvoiceDraft)
        return draft.subtotal_minor
