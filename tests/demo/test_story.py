"""The demo's story: told once with every step, and afterwards only its way in."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from approvals.models import Mandate
from billing.invoicing.models import Invoice
from billing.invoicing.queries.bill_change import bill_change, earlier_of
from billing.invoicing.tasks import work_bill_runs
from config.celery import app
from core.actor import Actor
from demo.growing import GROWN, KEPT_BACK
from demo.models import PlayedMonth
from demo.reference.people import DEMO_PASSWORD, SIGN_INS
from demo.story import StoryBroken, tell
from tests.demo.casting import DUO, NOW, SEED, stage_of
from usage.models import Event, Meter
from usage.operations import meters
from usage.operations.meters import MeterTerms

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """Bills whatever is due, as a Celery worker would between two of its messages."""
    stops = threading.Event()

    def work() -> None:
        try:
            while not stops.wait(0.2):
                work_bill_runs()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stops.set()
    thread.join()
    app.control.purge()


def told(base_url: str) -> str:
    out = io.StringIO()
    with time_machine.travel(NOW):
        tell(base_url=base_url, seed=SEED, at=NOW, out=out, stage=stage_of(DUO))
    return out.getvalue()


def test_the_story_is_told_once_and_kept(live_server: LiveServer, worker: None) -> None:
    first = told(live_server.url)
    assert "Sending October 2026" in first
    assert "figures agree with the platform's own count" in first
    assert "5 invoices, CF-00000001 to CF-00000005" in first
    assert "says why it changed since the bill before it" in first
    assert f"the bill of {KEPT_BACK} is kept back" in first
    grown = Invoice.objects.filter(account__name=GROWN).latest("period_from")
    earlier = earlier_of(grown)
    assert earlier is not None
    change = bill_change(grown, earlier)
    assert {part.kind for part in change.parts} >= {"use", "new"}
    played = PlayedMonth.objects.get()
    assert played.finished_at is not None

    mandate = Mandate.objects.get()
    drawn = list(mandate.draws.order_by("number"))
    assert drawn
    assert [each.waits_for_review for each in drawn] == [bool(n % 2) for n in range(len(drawn))]
    kept = Event.objects.count(), Invoice.objects.count()
    second = told(live_server.url)
    assert (Event.objects.count(), Invoice.objects.count()) == kept
    assert "Sending" not in second
    assert "The month played until 23 November 2026 is kept" in second
    for text in (live_server.url, DEMO_PASSWORD, played.client_id, played.client_secret):
        assert text in second
    assert all(each.username in second for each in SIGN_INS)


def test_a_platform_that_counts_otherwise_stops_the_story(
    live_server: LiveServer, worker: None
) -> None:
    with pytest.raises(StoryBroken, match="figures differ from the platform's"):
        told_with_a_meter_that_reads_double(live_server.url)
    assert PlayedMonth.objects.get().finished_at is None


def told_with_a_meter_that_reads_double(base_url: str) -> None:
    """Interrupted after the set-up, and gone on with under a wrong definition."""
    with pytest.raises(StoryBroken, match="nobody sends"), time_machine.travel(NOW):
        tell(base_url=base_url, seed=SEED, at=NOW, out=Interrupting(), stage=stage_of(DUO))
    meters.revise(
        meter=Meter.objects.get(code="egress_gb"),
        terms=MeterTerms("bandwidth.egress", value_expression="quantity * 2"),
        effective_from=datetime(2026, 10, 15, tzinfo=UTC),
        at=NOW,
        by=Actor.system("test"),
        reason="A mistake",
    )
    told(base_url)


class Interrupting(io.StringIO):
    """Ends the story when it comes to the sending."""

    def write(self, text: str) -> int:
        if text.startswith("Sending"):
            raise StoryBroken("nobody sends")
        return super().write(text)
