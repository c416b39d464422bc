"""What a licence costs on its account's bills, what is told once, and what is made good."""

from datetime import timedelta

from accounts.permissions import Role
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import Wish
from billing.licences.models import PoolAlert
from billing.licences.operations import alerts
from eventing.models import OutboxEvent
from tests.billing.licences.licensing import (
    Enterprise,
    book,
    dyno_units,
    pool,
    product,
)
from tests.billing.prices import dyno_seconds, flat
from tests.cast import person
from tests.story import Story, lines, statement

YEAR = {"starts": "2026-02-01", "until": "2027-02-01"}


def test_a_licence_is_billed_in_advance_each_quarter_in_the_month_it_begins_in(
    story: Story, meridian: Enterprise
) -> None:
    meridian.subscribes(story.plan("enterprise", flat("0.00")))
    meridian.agrees(
        "LIC-1",
        starts="2026-02-01",
        until="2026-06-16",
        products=[product(quantity="100", billed="quarterly")],
    )
    found = []
    for day in ("2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"):
        story.on(day)
        story.runs_billing()
    found = [(f"{each.period_from:%b}", each.total.amount) for each in meridian.invoices]
    # The second quarter has 46 of its 92 days: 2,200.00 × 46 ÷ 92.
    assert [(month, str(amount)) for month, amount in found if amount] == [
        ("Feb", "2200.00"),
        ("May", "1100.00"),
    ]
    assert "LIC-1 · Dyno units  100 dyno unit  2200.00" in statement(meridian.invoices[0])


def test_a_threshold_is_told_once_for_a_window(story: Story, meridian: Enterprise) -> None:
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    meridian.agrees("LIC-1", **YEAR, commitments=[pool(quantity="80")])
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "9", at="2026-02-01T00:00")
    story.runs_billing()
    for _ in range(2):
        alerts.tell_reached(at=story.at)
    assert list(PoolAlert.objects.values_list("threshold", flat=True)) == [80, 90]
    (told,) = OutboxEvent.objects.filter(type="pool.threshold_reached")
    assert told.payload["thresholds"] == [80, 90]
    assert told.payload["drawn"] == "72"


def test_TD33_a_counted_pool_is_made_good_by_two_people_and_no_cent_counts_twice(
    story: Story, meridian: Enterprise
) -> None:
    """1,000 a month first, then 200: 1,150 are used, so 50 of the second are short."""
    money = {"unit": "", "counted": True}
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story), value="10")))
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1",
        starts="2026-02-01",
        until="2026-04-01",
        commitments=[
            pool(name="First", quantity="1000", priority=1, **money),
            pool(name="Second", quantity="200", priority=2, **money),
        ],
    )
    story.on("2026-03-01")
    meridian.scales("portal", "standard-1x", "115", at="2026-02-01T00:00")
    story.runs_billing()
    assert meridian.statement == lines("""
        Dyno units · standard-1x  115 dyno-month  1150.00
        LIC-1 · First  1000  0.00
        LIC-1 · Second  150  0.00
        total  1150.00
    """)
    second = license.commitments.get(name="Second")
    sena, farid = person("sena", Role.SENIOR_SUPPORT), person("farid", Role.FINANCE_APPROVER)
    wish = Wish(
        "pool_true_up",
        {"bucket": second.buckets.get(number=1).public_id},
        "true_up",
        "As agreed",
        "",
    )
    effect = putting_forward.look_at(wish=wish, by=sena, at=story.at)
    assert effect.amount is not None
    assert effect.amount.minor == 5000
    made = putting_forward.put_forward(wish=wish, by=sena, at=story.at, seen=effect.digest)
    deciding.approve(proposal=made, seen=made.seal, by=farid, at=story.at + timedelta(minutes=1))
    assert book(second) == lines("""
        1  grant  200  200
        2  grant  200  200
        1  draw  -150  50
        1  true_up  -50  0
    """)
    story.on("2026-04-01")
    story.runs_billing()
    assert "not used from 2026-02-01  1  50.00" in meridian.statement
