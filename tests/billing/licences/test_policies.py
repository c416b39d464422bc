"""Pools where another system went wrong: what was provisional, and what two minimums come to."""

from decimal import Decimal

from billing.invoicing.queries.license_use import PoolUse, license_use
from billing.licences.models import License, Movement, PoolBucket
from tests.billing.licences.licensing import Enterprise, dyno_units, pool
from tests.billing.prices import dyno_seconds
from tests.people import ADA
from tests.story import WHY, Story
from usage.derivation.refresh import refresh
from usage.models import Event
from usage.operations import event_corrections


def used(license: License, meridian: Enterprise) -> PoolUse:
    """The five figures of its pool, at the present of the story."""
    refresh([meridian.account.pk])
    (use,) = license_use(license, at=meridian.story.at)
    return use


def test_TD42_what_is_provisional_posts_nothing_and_is_never_counted_twice(
    story: Story, meridian: Enterprise
) -> None:
    """60.00 while the window fills, 56.16 once a dyno is corrected; then posted, and no more."""
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2026-03-01", commitments=[pool()]
    )
    story.on("2026-02-28T23:59:59")
    meridian.scales("portal", "standard-1x", "56", at="2026-02-01T00:00")
    meridian.scales("portal", "standard-1x", "4", at="2026-02-01T00:00", process="worker")
    filling = used(license, meridian)
    assert (filling.posted, filling.provisional, filling.remaining) == (0, 60, 20)
    assert not Movement.objects.filter(kind="draw").exists()

    worker = Event.objects.get(data__process_type="worker")
    event_corrections.void(worker.key, at=story.at, by=ADA, reason=WHY)
    meridian.scales("portal", "basic", "1", at="2026-02-01T00:00", process="cron")
    meridian.scales("portal", "basic", "0", at="2026-02-17T00:00", process="cron")
    assert used(license, meridian).provisional == Decimal("56.16")

    story.on("2026-03-01")
    story.runs_billing()
    posted = used(license, meridian)
    assert (posted.posted, posted.provisional) == (Decimal("56.16"), 0)
    assert posted.remaining == Decimal("23.84")


def test_TD34_what_months_made_good_is_not_made_good_again_by_the_term(
    story: Story, meridian: Enterprise
) -> None:
    """1,200 in a year with at least 60 a month: 60 a month, and 480 beyond them in the term.

    48, 60 and 72 are used, then nothing: short are 12, nine times 60, and 468 of the term.
    """
    money = {"unit": "", "counted": True}
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story), value="1")))
    meridian.app("portal")
    meridian.agrees(
        "LIC-1",
        starts="2026-02-01",
        until="2027-02-01",
        commitments=[
            pool(name="Month", quantity="60", priority=1, **money),
            pool(name="Term", quantity="480", window="term", priority=2, **money),
        ],
    )
    for month, units in (("02", "48"), ("03", "60"), ("04", "72"), ("05", "0")):
        story.on(f"2026-{month}-02")
        meridian.scales("portal", "standard-1x", units, at=f"2026-{month}-01T00:00")
    story.on("2027-02-01")
    story.runs_billing()
    rows = PoolBucket.objects.order_by("number")
    short = [int(each.balance) for each in rows.filter(commitment__name="Month")]
    assert short == [12, 0, 0, *[60] * 9]
    (term,) = rows.filter(commitment__name="Term")
    assert int(term.balance) == 468
    assert short[-1] + term.balance == 528
    assert 48 + 60 + 72 + sum(short) + term.balance == 1200
