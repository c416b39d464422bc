"""A tax engine of somebody else: asked once a chunk, and never a reason to tax at nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from billing.invoicing.models import BillRunItem, Invoice
from billing.invoicing.operations import bill_runs, tax_rates, untaxed
from billing.invoicing.tax_engines import breaker
from core.clock import now
from tests.billing.prices import flat
from tests.billing.tax.engine_server import EngineServer, running
from tests.billing.tax.rates import lives_in, taxes
from tests.people import ADA, SAM
from tests.story import WHY, Customer, Story, instant
from usage.partitions import ensure_ahead


@pytest.fixture
def engine(settings: Settings) -> Iterator[EngineServer]:
    """An engine in use, with a second for each call."""
    cache.clear()
    with running() as server:
        settings.TAX_ENGINE_URL, settings.TAX_ENGINE_SECONDS = server.url, 1
        yield server
    cache.clear()


def customers(story: Story, *names: str) -> list[Customer]:
    """Customers in California with a fee of 100.00 for March 2026, on 1 April."""
    plan = story.plan("fee", flat("100.00"))
    found = []
    for name in names:
        story.on("2026-03-01")
        customer = story.account(name)
        customer.subscribes(plan)
        story.on("2026-03-02")
        lives_in(customer, "US", zone="UTC", region="CA")
        found.append(customer)
    story.on("2026-04-01")
    return found


def test_the_engine_decides_and_one_question_does_for_accounts_alike(
    story: Story, engine: EngineServer
) -> None:
    acme, umbrella = customers(story, "Acme", "Umbrella")

    story.runs_billing()

    for each in (acme, umbrella):
        assert taxes(each) == {"US-CA:standard:0.0625": ("100.00", "6.25")}
    (questions,) = engine.asked
    assert questions == [
        {
            "country": "US",
            "region": "CA",
            "tax_id": "",
            "tax_id_confirmed": False,
            "product_class": "",
            "first_on": "2026-03-01",
            "last_on": "2026-03-31",
            "issued_on": "2026-04-01",
        }
    ]


@pytest.mark.parametrize("mode", ["slow", "trickling", "dead", "garbage", "short", "failing"])
def test_without_an_answer_nothing_is_billed_and_everything_is_later(
    story: Story, engine: EngineServer, mode: str
) -> None:
    (acme,) = customers(story, "Acme")
    engine.mode = mode
    begun = time.monotonic()

    run = story.runs_billing()

    assert time.monotonic() - begun < 20
    item = run.items.get()
    assert (item.state, item.parked_code) == (BillRunItem.State.PARKED, "tax_unavailable")
    assert "tried again by itself" in item.parked_reason
    assert not Invoice.objects.exists()

    engine.mode = "well"
    assert untaxed.retry_untaxed(at=story.at, by=ADA, reason=WHY) == 1
    while chunk := bill_runs.claim_chunk(at=story.at):
        bill_runs.work(chunk=chunk, at=story.at)
    assert acme.invoice.tax_minor == 625


def test_an_engine_that_keeps_failing_is_left_alone_and_health_says_so(
    story: Story, engine: EngineServer
) -> None:
    ensure_ahead(at=now())
    names = [f"Customer {n}" for n in range(6)]
    customers(story, *names)
    engine.mode = "failing"
    for _ in range(breaker.FAILURES_MAX):
        story.runs_billing()
        untaxed.retry_untaxed(at=story.at, by=ADA, reason=WHY)
    asked = len(engine.asked)

    assert asked == breaker.FAILURES_MAX
    assert untaxed.retry_untaxed(at=story.at, by=ADA, reason=WHY) == 0
    engine.mode = "well"
    story.runs_billing()
    assert len(engine.asked) == asked
    parked = BillRunItem.objects.filter(parked_code="tax_unavailable")
    assert parked.filter(parked_reason__contains="left alone").exists()
    checks = Client().get("/readyz").json()["checks"]
    (said,) = [each for each in checks if each["name"] == "tax_engine"]
    assert said["health"] == "late"


def test_a_certificate_is_ours_to_know(story: Story, engine: EngineServer) -> None:
    (acme,) = customers(story, "Acme")
    row = tax_rates.propose_exemption(
        account=acme.account,
        terms=tax_rates.ExemptionTerms("certificate 7", instant("2026-01-01")),
        by=ADA,
        reason=WHY,
    )
    tax_rates.approve_exemption(exemption=row, at=story.at, by=SAM, reason=WHY)

    story.runs_billing()

    assert taxes(acme) == {"US:exempt": ("100.00", "0.00")}
    assert engine.asked == []
