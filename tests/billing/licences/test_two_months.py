"""Whole months of an enterprise, from dynos to units, to the pool, to money."""

from decimal import Decimal

from billing.invoicing.queries.pool_days import drawn_days
from billing.licences.models import Movement, PoolBucket
from core.periods import Period
from tests.billing.licences.licensing import (
    Enterprise,
    book,
    closes_windows,
    dyno_units,
    left,
    pool,
)
from tests.billing.prices import dyno_seconds
from tests.story import Story, instant, lines


def test_wH3_wH4_a_month_of_dynos_is_so_many_units_and_the_pool_covers_them(
    story: Story, meridian: Enterprise
) -> None:
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story)))
    meridian.subscribes(plan)
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool(quantity="100")]
    )
    story.on("2026-03-01")
    for size, quantity in (("performance-m", "10"), ("standard-2x", "4"), ("basic", "6")):
        meridian.scales("portal", size, quantity, at="2026-02-01T00:00", process=size)
    story.runs_billing()
    assert meridian.statement == lines("""
        Dyno units · basic  6 dyno-month  46.20
        Dyno units · performance-m  10 dyno-month  2200.00
        Dyno units · standard-2x  4 dyno-month  220.00
        LIC-1 · Dyno units  89.68 dyno unit  -2466.20
        total  0.00
    """)
    commitment = license.commitments.get()
    assert left(commitment)["2"] == "100"
    assert left(commitment)["1"] == "10.32"


def test_what_is_beyond_the_pool_costs_what_the_licence_says(
    story: Story, meridian: Enterprise
) -> None:
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story), value="30"))
    meridian.subscribes(plan)
    meridian.app("portal")
    meridian.agrees("LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool()])
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "11", at="2026-02-01T00:00")
    story.runs_billing()
    assert meridian.statement == lines("""
        Dyno units · performance-m  11 dyno-month  2640.00
        LIC-1 · Dyno units  80 dyno unit  -2400.00
        LIC-1 · Dyno units, beyond the pool  8 dyno unit  -20.00
        total  220.00
    """)


def test_teams_draw_from_one_pool_and_sum_to_it(story: Story, meridian: Enterprise) -> None:
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story)))
    first, second = meridian.team("Claims"), meridian.team("Research")
    for team, app in ((first, "claims"), (second, "research")):
        team.subscribes(plan)
        team.app(app)
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool()]
    )
    story.on("2026-03-01")
    first.scales("claims", "performance-m", "6", at="2026-02-01T00:00")
    second.scales("research", "performance-m", "6", at="2026-02-01T00:00")
    story.runs_billing()
    assert [team.invoice.total.minor for team in (first, second)] == [0, 44000]
    bucket = PoolBucket.objects.get(commitment__license=license, number=1, is_carried=False)
    by_team = {
        each.account_id: each.units for each in bucket.movements.filter(kind=Movement.Kind.DRAW)
    }
    assert by_team == {first.account.pk: Decimal(-48), second.account.pk: Decimal(-32)}
    assert sum(by_team.values()) == -bucket.drawn == Decimal(-80)


def test_the_days_of_a_month_sum_to_what_it_drew(story: Story, meridian: Enterprise) -> None:
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool()]
    )
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "3", at="2026-02-01T00:00")
    meridian.scales("portal", "performance-m", "4", at="2026-02-11T07:30")
    story.runs_billing()
    days = list(drawn_days(license, Period(instant("2026-02-01"), instant("2026-03-01"))))
    drawn = PoolBucket.objects.get(commitment__license=license, number=1).drawn
    assert len(days) == 28
    assert {day.app for day in days} == {"portal"}
    assert sum(day.units for day in days) == drawn


def test_TD35_one_run_for_all_months_rolls_as_month_by_month(
    story: Story, meridian: Enterprise
) -> None:
    """1,000 a month, rolled for one window: 800, 150, 2,100."""
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story)))
    meridian.subscribes(plan)
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1",
        starts="2026-01-01",
        until="2026-04-01",
        commitments=[pool(quantity="1000", rollover="one_window")],
    )
    story.on("2026-02-01")
    meridian.scales("portal", "performance-m", "100", at="2026-01-01T00:00")
    story.on("2026-03-01")
    meridian.scales("portal", "standard-1x", "150", at="2026-02-01T00:00")
    story.on("2026-04-01")
    meridian.scales("portal", "standard-1x", "2100", at="2026-03-01T00:00")
    story.runs_billing()
    closes_windows(story)
    assert [invoice.total.minor for invoice in meridian.invoices] == [0, 0, 275000]
    assert book(license.commitments.get()) == lines("""
        1  grant  1000  1000
        2  grant  1000  1000
        3  grant  1000  1000
        1  draw  -800  200
        1  roll_out  -200  0
        2+  roll_in  200  200
        2+  draw  -150  50
        2+  expiry  -50  0
        2  roll_out  -1000  0
        3+  roll_in  1000  1000
        3+  draw  -1000  0
        3  draw  -1000  0
    """)


def test_a_late_correction_gives_back_what_it_drew(story: Story, meridian: Enterprise) -> None:
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story)))
    meridian.subscribes(plan)
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2027-02-01", commitments=[pool()]
    )
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "11", at="2026-02-01T00:00")
    story.runs_billing()
    assert meridian.invoice.total.minor == 22000
    # It was only 9 from the start: 72 units, 16 fewer. 8 were beyond the pool, 8 come back to it.
    story.on("2026-04-01")
    meridian.scales("portal", "performance-m", "9", at="2026-02-01T00:00")
    story.runs_billing()
    assert left(license.commitments.get())["1"] == "8"
    assert meridian.statement == lines("""
        Dyno units · performance-m  9 dyno-month  1980.00
        Late usage of invoice CF-00000001 · Dyno units · performance-m  -2 dyno-month  -440.00
        LIC-1 · Dyno units  64 dyno unit  -1760.00
        LIC-1 · Dyno units, beyond the pool  -8 dyno unit  0.00
        total  0.00
    """)
