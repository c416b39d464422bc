"""A simulation that is left to workers: resumed where one died, stopped where it makes no sense."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from billing.catalogue.models import Plan, PlanVersion
from billing.catalogue.operations import plans
from billing.whatif.models import Simulation, SimulationWork
from billing.whatif.operations import simulation_work
from billing.whatif.operations.examinations import examination_of
from billing.whatif.operations.simulation_work import ChangedMeanwhile
from core import leases
from tests.billing.blast.asking import back_tests, found
from tests.billing.blast.test_back_test import customer, meter, plan
from tests.billing.catalogue.changes import drafts
from tests.billing.prices import flat, per_unit
from tests.people import ADA
from tests.story import Story
from usage.models import Meter

__all__ = ["meter", "plan"]


@pytest.fixture
def version(story: Story, plan: Plan, meter: Meter) -> PlanVersion:
    """Twice the price, and three who would pay it."""
    for name in ("Acme", "Globex", "Initech"):
        customer(story, plan, name, used="5")
    return drafts(story, plan, per_unit(meter, "2.00"), flat("10.00"))


def left_to_workers(story: Story, version: PlanVersion) -> Simulation:
    return back_tests(story, version, "2026-03", waits=False)


def test_nothing_is_worked_out_before_a_worker_does(story: Story, version: PlanVersion):
    simulation = left_to_workers(story, version)

    assert not simulation.rows.exists()
    assert simulation.work.total_count is None


def test_another_worker_goes_on_where_one_died(
    story: Story, version: PlanVersion, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(simulation_work, "BATCH", 1)
    at_once = back_tests(story, version, "2026-03")
    simulation = left_to_workers(story, version)
    first = simulation_work.claim(at=story.at)
    assert first is not None
    assert not simulation_work.work(first, examination_of(simulation), at=story.at)
    later = story.at + timedelta(minutes=1)

    second = simulation_work.claim(at=later)
    assert second is not None
    simulation_work.work_through(
        second, examination_of, clock=lambda: later, until=later + simulation_work.LEASE
    )

    simulation = Simulation.objects.get(pk=simulation.pk)
    assert found(simulation) == found(at_once)
    assert simulation.outcome.content_sha256 == at_once.outcome.content_sha256
    assert simulation.outcome.totals == at_once.outcome.totals
    with pytest.raises(leases.LeaseLost):
        simulation_work.work(first, examination_of(simulation), at=later)


def test_a_worker_whose_time_is_up_leaves_the_rest_to_the_next(
    story: Story, version: PlanVersion, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(simulation_work, "BATCH", 1)
    left_to_workers(story, version)
    item = simulation_work.claim(at=story.at)
    assert item is not None

    simulation_work.work_through(item, examination_of, clock=lambda: story.at, until=story.at)

    left = SimulationWork.objects.get()
    assert (left.state, left.examined_count, left.total_count) == ("ready", 1, 3)


def test_a_draft_that_was_edited_meanwhile_stops_its_simulation(story: Story, version: PlanVersion):
    simulation = left_to_workers(story, version)
    terms = plans.PriceTerms("fee", "Platform fee", {"model": "flat", "amount": "11"})
    plans.set_price(version=version, terms=terms, by=ADA, reason="Second thoughts")
    item = simulation_work.claim(at=story.at)
    assert item is not None

    simulation_work.work_through(item, examination_of, clock=lambda: story.at, until=story.at)

    parked = SimulationWork.objects.get()
    assert parked.state == "parked"
    assert "was edited after the simulation was asked" in parked.parked_reason
    assert not simulation.rows.exists()


def test_other_accounts_than_at_its_start_stop_it(
    story: Story, version: PlanVersion, plan: Plan, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(simulation_work, "BATCH", 1)
    simulation = left_to_workers(story, version)
    item = simulation_work.claim(at=story.at)
    assert item is not None
    simulation_work.work(item, examination_of(simulation), at=story.at)
    customer(story, plan, "Umbrella", used="5")

    with pytest.raises(ChangedMeanwhile):
        simulation_work.work(item, examination_of(simulation), at=story.at)


def test_a_failure_is_tried_again_later_leaves_nothing_and_keeps_the_databases_words_for_the_log(
    story: Story, version: PlanVersion, monkeypatch: pytest.MonkeyPatch
):
    simulation = left_to_workers(story, version)
    item = simulation_work.claim(at=story.at)
    assert item is not None

    def breaks(_: Simulation) -> simulation_work.Examination:
        raise IntegrityError("duplicate key value violates unique constraint")

    simulation_work.work_through(item, breaks, clock=lambda: story.at, until=story.at)

    failed = SimulationWork.objects.get()
    assert failed.state == "ready"
    assert "no rule foresees" in failed.last_error
    assert "duplicate key" not in failed.last_error
    assert failed.not_before > story.at
    assert not simulation.rows.exists()
