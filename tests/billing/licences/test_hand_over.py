"""A contract that ends within a month, and use that goes on directly: one continuous timeline."""

from decimal import Decimal

from billing.licences.models import PoolBucket
from billing.licences.operations.buckets import Written
from billing.licences.operations.window_closing import make_good
from billing.receivables.operations import corrections
from billing.receivables.operations.settling import Recorded
from core.db.transactions import transaction
from tests.billing.licences.licensing import Enterprise, dyno_units, left, pool
from tests.billing.prices import dyno_month, dyno_seconds, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Story, lines


def test_wH16_the_contract_covers_its_days_and_the_rest_is_billed_directly(
    story: Story, meridian: Enterprise
) -> None:
    """The contract ends on 16 March: 15 of 31 days of two performance-m are 7.74 units of it."""
    meter = dyno_seconds(story)
    contract = story.plan("contract", dyno_units(meter))
    direct = story.plan("direct", dyno_month(meter, "performance-m", "250.00"))
    meridian.subscribes(contract, until="2026-03-16")
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2026-03-16", commitments=[pool(quantity="31")]
    )
    story.on("2026-03-16")
    meridian.subscribes(direct)
    story.on("2026-04-01")
    meridian.scales("portal", "performance-m", "2", at="2026-03-01T00:00")
    story.runs_billing()
    assert meridian.statement == lines("""
        Dyno units · performance-m  0.9677419 dyno-month  212.90
        Dyno · performance-m  1.0322581 dyno-month  258.06
        LIC-1 · Dyno units  7.74 dyno unit  -212.90
        total  258.06
    """)
    assert left(license.commitments.get()) == {"1": "31", "2": "7.26"}


def test_TD37_a_yearly_commitment_of_six_weeks_is_good_for_six_weeks(
    story: Story, meridian: Enterprise
) -> None:
    """600.00 a month until 16 November: 300.00, of which 250.00 were used; 80.00 after it."""
    meter = requests(story)
    contract = story.plan("contract", per_unit(meter, "1.00"))
    direct = story.plan("direct", per_unit(meter, "1.00"))
    meridian.subscribes(contract, until="2026-11-16")
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1",
        starts="2026-11-01",
        until="2026-11-16",
        commitments=[pool(unit="", counted=True, quantity="600", product_codes=["contract"])],
    )
    story.on("2026-11-16")
    meridian.subscribes(direct)
    story.on("2026-12-01")
    meridian.uses("router.requests", "portal", "2026-11-10", quantity="250")
    meridian.uses("router.requests", "portal", "2026-11-20", quantity="80")
    story.runs_billing()
    assert meridian.invoice.total.amount == Decimal("330.00")
    bucket = PoolBucket.objects.get(commitment__license=license)
    assert (bucket.granted, bucket.drawn) == (300, 250)
    with transaction():
        made = make_good(bucket, Written(story.at, ADA, WHY))
    assert made.amount_minor == 5000


def test_a_void_invoice_gives_back_all_it_drew(story: Story, meridian: Enterprise) -> None:
    meridian.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    meridian.app("portal")
    license = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2026-04-01", commitments=[pool()]
    )
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "11", at="2026-02-01T00:00")
    story.runs_billing()
    first = meridian.invoice
    recorded = Recorded(at=story.at, by=ADA, reason=WHY)
    again = corrections.void_and_reissue(invoice=first, recorded=recorded)
    assert again.total_minor == first.total_minor == 22000
    assert left(license.commitments.get())["1"] == "0"
    documents = set(
        PoolBucket.objects.get(commitment__license=license, number=1)
        .movements.filter(kind="draw")
        .values_list("document", flat=True)
    )
    assert documents == {first.public_id, again.public_id}
