"""Two acceptances, two draws and two closings of one window at the same moment."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial

import pytest

from billing.licences.models import License, Movement, PoolBucket
from billing.licences.operations import draws, quotes, window_closing
from billing.licences.operations.buckets import Written
from billing.licences.operations.draws import DocumentDraw, PoolDrawnMeanwhile
from billing.licences.operations.quotes import AcceptedBy, QuoteTaken
from core.db.transactions import transaction
from core.errors import DomainError
from core.invariants import invariants
from tests.at_once import at_once
from tests.billing.licences.licensing import Enterprise, enterprise, pool
from tests.people import ADA
from tests.story import WHY, Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
YEAR = {"starts": "2026-02-01", "until": "2026-04-01"}


@pytest.fixture
def meridian(transactional_db: None) -> Enterprise:
    return enterprise(Story().on("2026-01-01"))


def test_a_quote_is_accepted_once(meridian: Enterprise) -> None:
    quote = meridian.quotes("Q-1", **YEAR, commitments=[pool()])
    accept = partial(
        quotes.accept,
        quote=quote,
        accepted=AcceptedBy("Mara Holt", date(2026, 1, 1), quote.digest),
        at=meridian.story.at,
        by=ADA,
        reason=WHY,
    )
    answers = at_once(*[accept] * 4)
    refused = [each for each in answers if isinstance(each, DomainError)]
    assert [type(each) for each in refused] == [QuoteTaken] * 3
    assert License.objects.count() == 1


def _draw(meridian: Enterprise, bucket: PoolBucket, number: int) -> None:
    at: datetime = bucket.window_from
    draw = DocumentDraw(
        document=f"inv_{number}",
        account_id=meridian.account.pk,
        bucket_id=bucket.pk,
        charge="1",
        units=Decimal(60),
        amount_minor=0,
        used_from=at,
        draw_key="1",
    )
    with transaction():
        draws.record([draw], Written(meridian.story.at, ADA, WHY))


def test_two_draw_what_is_there_for_one(meridian: Enterprise) -> None:
    made = meridian.agrees("LIC-1", **YEAR, commitments=[pool(quantity="100")])
    bucket = made.commitments.get().buckets.get(number=1)
    answers = at_once(*[partial(_draw, meridian, bucket, number) for number in range(4)])
    refused = [each for each in answers if isinstance(each, DomainError)]
    assert [type(each) for each in refused] == [PoolDrawnMeanwhile] * 3
    bucket.refresh_from_db()
    assert (bucket.drawn, bucket.balance) == (60, 40)
    assert all(each.check().holds for each in invariants(["P1", "P2", "P3"]))


def test_a_window_is_closed_once(meridian: Enterprise) -> None:
    made = meridian.agrees("LIC-1", **YEAR, commitments=[pool(rollover="one_window")])
    meridian.story.on("2026-03-02")
    close = partial(window_closing.close_ended, at=meridian.story.at, by=ADA)
    at_once(*[close] * 4)
    rolled = Movement.objects.filter(bucket__commitment__license=made, kind="roll_out")
    assert [each.units for each in rolled] == [-80]
    assert all(each.check().holds for each in invariants(["P1", "P2", "P3"]))
