"""From a quote to a licence: versions, acceptance, what is refused, and amendments."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.billed_time import TimeBilled
from billing.licences.models import License, LicenseQuote, Movement, PoolBucket, PoolCommitment
from billing.licences.operations import amendments, quotes
from billing.licences.operations.amendments import AmendedBelowUse, AmendmentInvalid
from billing.licences.operations.quotes import (
    AcceptedBy,
    LicenseNotForAccount,
    LicenseQuoteExpired,
    LicenseQuoteStale,
    QuoteSuperseded,
    QuoteTaken,
)
from billing.licences.terms import LicenseTermsInvalid, read_terms
from core.errors import Invalid
from tests.billing.licences.licensing import (
    Enterprise,
    book,
    dyno_units,
    left,
    pool,
    product,
)
from tests.billing.prices import dyno_seconds
from tests.people import ADA
from tests.story import WHY, Story, instant, lines

YEAR = {"starts": "2026-02-01", "until": "2027-02-01"}
SIGNED = {"on": date(2026, 1, 2), "name": "Mara Holt"}


def accepts(story: Story, quote: LicenseQuote, digest: str | None = None) -> License:
    return quotes.accept(
        quote=quote,
        accepted=AcceptedBy(digest=digest or quote.digest, **SIGNED),  # type: ignore[arg-type]
        at=story.at,
        by=ADA,
        reason=WHY,
    )


def test_a_quote_has_versions_and_only_the_last_is_accepted_once(
    story: Story, meridian: Enterprise
) -> None:
    first = meridian.quotes("Q-1", **YEAR)
    second = meridian.quotes("Q-1", **YEAR, commitments=[pool()])
    assert (first.version, second.version) == (1, 2)
    with pytest.raises(QuoteSuperseded):
        accepts(story, first)
    with pytest.raises(LicenseQuoteStale):
        accepts(story, second, digest=first.digest)
    made = accepts(story, second)
    assert (made.number, made.quote.acceptance.accepted_by) == ("Q-1", "Mara Holt")
    with pytest.raises(QuoteTaken):
        accepts(story, second)
    with pytest.raises(QuoteTaken):
        meridian.quotes("Q-1", **YEAR)


def test_a_quote_holds_until_its_last_instant(story: Story, meridian: Enterprise) -> None:
    quote = meridian.quotes("Q-1", **YEAR)
    story.on("2026-01-31")
    with pytest.raises(LicenseQuoteExpired):
        accepts(story, quote)


def test_a_licence_is_for_an_enterprise(story: Story, meridian: Enterprise) -> None:
    team = meridian.team("Claims")
    with pytest.raises(LicenseNotForAccount):
        Enterprise(story, team.account).quotes("Q-1", **YEAR)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"products": []}, "products"),
        ({"products": [product(), product()]}, "products"),
        ({"products": [product(unit_price="x")]}, "unit_price"),
        ({"commitments": [pool(product="other")]}, "commitments"),
        ({"commitments": [pool(rollover_cap="5")]}, "rollover_cap"),
        ({"commitments": [pool(counted=True, rollover="one_window")]}, "rollover"),
        ({"commitments": [pool(window="week")]}, "window"),
        ({"commitments": [pool(thresholds=["0"])]}, "thresholds"),
        ({"commitments": [pool(ramp=[{"from_window": 1, "quantity": "1"}] * 2)]}, "ramp"),
        ({"commitments": [pool(colour="red")]}, "colour"),
        ({"until": "2026-02-01"}, "until"),
        ({"starts_on": "1 Feb"}, "starts_on"),
    ],
)
def test_bad_terms_name_the_field(wrong: dict[str, object], field: str) -> None:
    document = {"name": "Licence", "starts_on": "2026-02-01", "until": "2027-02-01"}
    with pytest.raises(Invalid) as refused:
        read_terms({**document, "products": [product()], **wrong})
    named = str(refused.value.context.get("field", "")) + str(refused.value.errors)
    assert field in named


def test_a_team_of_another_enterprise_is_no_scope(meridian: Enterprise) -> None:
    with pytest.raises(LicenseTermsInvalid, match="no team of"):
        meridian.quotes("Q-1", **YEAR, commitments=[pool(accounts=["acc_of_somebody_else"])])


def test_TD38_an_amendment_grants_into_the_same_window(story: Story, meridian: Enterprise) -> None:
    made = meridian.agrees(
        "LIC-1", starts="2026-07-01", until="2026-09-01", commitments=[pool(quantity="2000")]
    )
    commitment = made.commitments.get()
    amendments.amend_quantity(
        commitment=commitment,
        quantity=Decimal(3000),
        effective_at=instant("2026-07-16"),
        at=story.at,
        by=ADA,
        reason=WHY,
    )
    assert book(commitment) == lines("""
        1  grant  2000  2000
        2  grant  2000  2000
        1  amend  516.13  2516.13
        2  amend  1000  3000
    """)
    with pytest.raises(AmendmentInvalid, match="later amendment begins no"):
        amendments.amend_quantity(
            commitment=commitment,
            quantity=Decimal(1),
            effective_at=instant("2026-07-10"),
            at=story.at,
            by=ADA,
            reason=WHY,
        )


def test_TD38_an_amendment_behind_what_is_billed_is_refused_with_the_first_instant(
    story: Story, meridian: Enterprise
) -> None:
    plan = story.plan("enterprise", dyno_units(dyno_seconds(story)))
    meridian.subscribes(plan)
    meridian.app("portal")
    commitment = meridian.agrees("LIC-1", **YEAR, commitments=[pool()]).commitments.get()
    story.on("2026-03-01")
    meridian.scales("portal", "performance-m", "10", at="2026-02-01T00:00")
    story.runs_billing()
    with pytest.raises(TimeBilled, match="2026-03-01"):
        amendments.amend_quantity(
            commitment=commitment,
            quantity=Decimal(100),
            effective_at=instant("2026-02-16"),
            at=story.at,
            by=ADA,
            reason=WHY,
        )
    bucket = PoolBucket.objects.get(commitment=commitment, number=1)
    with pytest.raises(AmendedBelowUse):
        amendments.give_or_take(bucket=bucket, units=Decimal(-1), at=story.at, by=ADA, reason=WHY)


def test_a_licence_that_ends_early_keeps_its_part_of_the_last_window(
    story: Story, meridian: Enterprise
) -> None:
    """wH16: the contract side ends on 16 January; what is used after it is somebody else's."""
    made = meridian.agrees(
        "LIC-1", starts="2026-02-01", until="2026-05-01", commitments=[pool(quantity="310")]
    )
    amendments.end_early(
        license=made, ends_at=instant("2026-03-16"), at=story.at, by=ADA, reason=WHY
    )
    made.refresh_from_db()
    assert made.ends_at == instant("2026-03-16")
    assert left(made.commitments.get()) == {"1": "310", "2": "150", "3": "0"}


def test_a_bucket_is_never_below_nothing_also_in_the_database(meridian: Enterprise) -> None:
    commitment = meridian.agrees("LIC-1", **YEAR, commitments=[pool()]).commitments.get()
    bucket = PoolBucket.objects.get(commitment=commitment, number=1)
    for units, name in (
        (Decimal(-81), "bucket_never_below_nothing"),
        (Decimal(1), "movement_kind_has_a_direction"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Movement.objects.create(
                bucket=bucket,
                kind=Movement.Kind.DRAW,
                units=units,
                effective_at=bucket.window_from,
                recorded_at=bucket.window_from,
                recorded_by="Ada",
                reason="Too much",
                draw_key="1",
                account=meridian.account,
            )


def test_TD43_no_more_is_given_back_than_was_drawn_also_in_the_database(
    meridian: Enterprise,
) -> None:
    commitment = meridian.agrees("LIC-1", **YEAR, commitments=[pool()]).commitments.get()
    bucket = PoolBucket.objects.get(commitment=commitment, number=1)
    grant = bucket.movements.get()
    with pytest.raises(IntegrityError, match="bucket_gives_back_no_more"), transaction.atomic():
        Movement.objects.create(
            bucket=bucket,
            kind=Movement.Kind.DRAW_REVERSAL,
            units=Decimal(1),
            effective_at=bucket.window_from,
            recorded_at=bucket.window_from,
            recorded_by="Ada",
            reason="Too much",
            reverses=grant,
        )


def test_a_bucket_moves_by_movements_alone(meridian: Enterprise) -> None:
    commitment = meridian.agrees("LIC-1", **YEAR, commitments=[pool()]).commitments.get()
    with pytest.raises(IntegrityError, match="movements alone"), transaction.atomic():
        PoolBucket.objects.filter(commitment=commitment).update(granted=1000)


def test_movements_and_commitments_are_never_changed(meridian: Enterprise) -> None:
    commitment = meridian.agrees("LIC-1", **YEAR, commitments=[pool()]).commitments.get()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Movement.objects.update(reason="x")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PoolCommitment.objects.filter(pk=commitment.pk).update(name="x")
