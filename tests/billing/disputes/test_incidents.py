"""Incidents: what they affect, what a formula gives once, and when they may be closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from approvals.models import Proposal
from billing.catalogue.operations.plans import PriceTerms
from billing.disputes.models import CreditBatch, CreditBatchRow, Incident
from billing.disputes.operations import batches, incidents
from billing.disputes.operations.batch_proposals import put_forward_batch
from billing.disputes.operations.incident_credits import (
    NothingAffected,
    draft_for_incident,
    given_percent,
    union_of,
)
from billing.disputes.operations.incidents import (
    HOUSE_STEPS,
    IncidentClosed,
    IncidentHasOpenCents,
    IncidentInvalid,
    IncidentTerms,
)
from billing.disputes.queries.incidents import incident_detail, without_fate
from billing.invoicing.models import CreditGrant
from core.db.stamps import ChangedSince, Seen, stamp_of
from core.invariants import invariants
from core.periods import Period
from tests.billing.disputes.claiming import Counter
from tests.billing.grants.granted import grants_to, left
from tests.billing.prices import dyno_month, dyno_seconds
from tests.people import SAM
from tests.story import WHY, Customer, Story
from usage.models import Event
from usage.operations import event_corrections


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def counter(story: Story) -> Counter:
    """Acme runs one dyno at 50.00 through April 2026, which has 30 days."""
    plan = story.plan("dynos", dyno_month(dyno_seconds(story), "basic", "50.00"))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    acme.scales("acme-web", "basic", "1", "2026-04-01")
    story.on("2026-05-01").runs_billing()
    return Counter(story, acme)


def terms(start: str, end: str | None, **more: object) -> IncidentTerms:
    said: dict[str, object] = {
        "title": "Routing",
        "happened": "Requests were not routed.",
        "down_from": instant(start),
        "down_until": instant(end) if end else None,
        "meter_codes": ["dyno-seconds"],
    }
    return IncidentTerms(**{**said, **more})  # type: ignore[arg-type]


def opened(counter: Counter, start: str, end: str | None, **more: object) -> Incident:
    at = counter.story.at
    return incidents.open_incident(terms=terms(start, end, **more), at=at, by=SAM, reason="Alarms")


def drafted(counter: Counter, incident: Incident) -> CreditBatch:
    at = counter.story.at
    batch = draft_for_incident(incident=incident, at=at, by=SAM, reason=WHY)
    while rows := batches.claim_rows(at=at):
        batches.work(rows, at=at)
    return batch


def credited(counter: Counter, batch: CreditBatch) -> list[Proposal]:
    done = put_forward_batch(batch=batch, at=counter.story.at, by=counter.desk.sena, reason=WHY)
    for proposal in done.made:
        counter.approves(proposal)
    return done.made


def closed(counter: Counter, incident: Incident) -> Incident:
    return incidents.close_incident(incident=incident, at=counter.story.at, by=SAM, reason=WHY)


def row_of(batch: CreditBatch) -> CreditBatchRow:
    return batch.rows.get()


def test_td21_what_two_incidents_share_is_given_once(counter: Counter) -> None:
    """300 and 250 minutes, 200 of them the same: 350 of 43,200 are 99.19 % up, 5 % of 50.00."""
    one = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00")
    two = opened(counter, "2026-04-10T01:40", "2026-04-10T05:50")
    first = drafted(counter, one)
    assert (row_of(first).credit_minor, row_of(first).currency) == (250, "USD")
    (proposal,) = credited(counter, first)
    assert (str(proposal.amount), proposal.reason_code) == ("2.50 USD", "service_unavailable")

    second = drafted(counter, two)
    row = row_of(second)
    assert (row.credit_minor, row.nothing_because) == (
        0,
        "2.50 USD is given for the incidents of this month already.",
    )
    assert closed(counter, one).closed_at
    assert closed(counter, two).closed_at
    for each in invariants(["C5", "C6"]):
        result = each.check()
        assert result.holds, (each.text, result.sample_ids)


def test_td21_closing_the_second_credits_only_the_difference(counter: Counter) -> None:
    """400 minutes give 5 %, 100 others make 500: below 99 %, 10 %; 2.50 more."""
    one = opened(counter, "2026-04-10T00:00", "2026-04-10T06:40")
    credited(counter, drafted(counter, one))
    two = opened(counter, "2026-04-12T00:00", "2026-04-12T01:40")
    assert row_of(drafted(counter, two)).credit_minor == 250


def test_the_correction_comes_before_what_is_given(counter: Counter) -> None:
    """Ten days were wrong and are credited; 5 % are of the 33.33 that stand."""
    line = counter.contests("ended_earlier", ended_at="2026-04-21T00:00:00Z")
    counter.approves(counter.grants(line))
    incident = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00")
    assert row_of(drafted(counter, incident)).credit_minor == 167


def test_a_contested_charge_is_decided_first(counter: Counter) -> None:
    line = counter.contests("not_ours")
    incident = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00")
    batch = draft_for_incident(incident=incident, at=counter.story.at, by=SAM, reason=WHY)
    at = counter.story.at
    for _ in range(4):
        while rows := batches.claim_rows(at=at):
            batches.work(rows, at=at)
        at += timedelta(hours=1)
    assert f"Decide {line.case} first." in row_of(batch).last_error
    assert row_of(batch).state == "parked"


def test_an_incident_closes_only_when_every_cent_has_a_fate(counter: Counter) -> None:
    at = counter.story.at
    incident = opened(counter, "2026-04-10T00:00", None)
    assert without_fate(incident, at=at)[0] == "It lasts: say until when."
    incident = incidents.amend(
        incident=incident,
        terms=terms("2026-04-10T00:00", "2026-04-10T05:00"),
        made_from=stamp_of(Seen.row(incident)),
        at=at,
        by=SAM,
        reason="It is over",
    )
    assert without_fate(incident, at=at) == ["1 affected charge is in no batch."]
    batch = drafted(counter, incident)
    assert without_fate(incident, at=at) == ["1 credit is not put forward."]
    done = put_forward_batch(batch=batch, at=at, by=counter.desk.sena, reason=WHY)
    with pytest.raises(IncidentHasOpenCents) as raised:
        closed(counter, incident)
    assert raised.value.message == "1 credit waits for approval."
    counter.approves(done.made[0])
    assert incident_detail(incident, at=at).can_close

    ended = closed(counter, incident)
    with pytest.raises(IncidentClosed):
        closed(counter, ended)
    with pytest.raises(NothingAffected):
        draft_for_incident(incident=ended, at=at, by=SAM, reason=WHY)


def test_a_month_that_is_not_billed_yet_keeps_it_open(counter: Counter) -> None:
    counter.story.on("2026-05-20")
    incident = opened(counter, "2026-05-10T00:00", "2026-05-10T05:00")
    said = without_fate(incident, at=counter.story.at)
    assert said == ["1 account is not billed for the time yet."]


def test_what_waits_in_quarantine_keeps_it_open(counter: Counter) -> None:
    acme, story = counter.customer, counter.story
    assert acme is not None
    incident = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00")
    credited(counter, drafted(counter, incident))
    story.sends(
        story.event(
            type="formation.scaled",
            subject="nobody-knows",
            time="2026-04-10T01:00:00Z",
            data={"process_type": "web", "size": "basic", "quantity": "1"},
        )
    )
    assert without_fate(incident, at=story.at)[0] == "1 event of it waits in quarantine."


def test_what_did_not_run_then_is_not_affected(counter: Counter) -> None:
    acme = counter.customer
    assert acme is not None
    incident = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00")
    acme.scales("acme-web", "basic", "0", "2026-04-09")
    row = row_of(drafted(counter, incident))
    assert (row.credit_minor, row.nothing_because) == (
        0,
        "Nothing of it was used while the incident lasted.",
    )


def test_a_part_of_the_platform_affects_only_that_part(counter: Counter) -> None:
    other = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00", match={"size": "performance-l"})
    assert incident_detail(other, at=counter.story.at).affected == 0
    same = opened(counter, "2026-04-10T00:00", "2026-04-10T05:00", match={"size": "basic"})
    assert incident_detail(same, at=counter.story.at).affected == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"title": " "}),
        ("down_until", {"down_until": instant("2026-04-09T00:00")}),
        ("meters", {"meter_codes": ["nothing"]}),
        ("meters", {"meter_codes": []}),
        ("steps", {"steps": []}),
        ("steps", {"steps": [("99", "5"), ("99.9", "10")]}),
        ("steps", {"steps": [("NaN", "5")]}),
        ("steps", {"steps": [("x", "5")]}),
        ("steps", {"steps": [("99", "500")]}),
    ],
)
def test_what_is_wrong_is_named(counter: Counter, field: str, wrong: dict[str, object]) -> None:
    with pytest.raises(IncidentInvalid) as raised:
        opened(counter, "2026-04-10T00:00", "2026-04-10T05:00", **wrong)
    assert [each.pointer for each in raised.value.errors] == [f"/{field}"]
    assert not Incident.objects.exists()


def test_two_who_say_it_anew_do_not_overwrite_each_other(counter: Counter) -> None:
    incident = opened(counter, "2026-04-10T00:00", None)
    seen = stamp_of(Seen.row(incident))
    change = {"incident": incident, "made_from": seen, "at": counter.story.at, "by": SAM}
    ends = ("2026-04-10T05:00", "2026-04-10T06:00")
    incidents.amend(terms=terms("2026-04-10T00:00", ends[0]), reason=WHY, **change)  # type: ignore[arg-type]
    with pytest.raises(ChangedSince):
        incidents.amend(terms=terms("2026-04-10T00:00", ends[1]), reason=WHY, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("up", "percent"), [("99.9", "0"), ("99.89", "5"), ("98.99", "10"), ("94", "25"), ("0", "25")]
)
def test_the_last_step_that_fits_counts(up: str, percent: str) -> None:
    assert given_percent(HOUSE_STEPS, Fraction(up)) == Fraction(percent)


def test_a_union_counts_what_is_shared_once() -> None:
    hours = [(0, 5), (3, 4), (5, 6), (8, 9), (1, 2)]
    start = instant("2026-04-10T00:00")
    spans = [
        Period(start + timedelta(hours=one), start + timedelta(hours=two)) for one, two in hours
    ]
    assert union_of(spans) == timedelta(hours=7)
    assert union_of([]) == timedelta(0)


@pytest.fixture
def prepaid(story: Story) -> CreditGrant:
    """10.00 of Acme for 2026. A call that is routed as paid is 0.07; 300 of the plan are free."""
    meter = story.meter("calls", unit="call", event_type="router.requests", dimensions=("route",))
    routed = [
        PriceTerms(
            code=route,
            name=f"Calls, {route}",
            meter=meter,
            match={"route": route},
            definition={"model": "per_unit", "unit_price": "0.07", **more},
        )
        for route, more in (("paid", {}), ("plan", {"included": "300"}))
    ]
    plan = story.plan("calls", *routed)
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    granted = grants_to(acme, "Prepaid", "10.00", starts="2026-03-01", until="2027-03-01")
    story.on("2026-04-01")
    acme.uses("router.requests", "acme-web", "2026-03-10T18:20", quantity="28", route="paid")
    story.runs_billing()
    return granted


def test_td20_goodwill_is_no_correction_and_what_was_drawn_goes_back(
    story: Story, prepaid: CreditGrant
) -> None:
    """28 calls routed wrongly for 31 minutes drew 1.96 of prepaid credit. Put right, the credit is
    whole again and they cost nothing; goodwill stands beside it, and the incident closes only when
    the 1.96 has its fate.
    """
    acme = Customer(story, prepaid.account)
    counter, hit = Counter(story, acme), {"meter_codes": ["calls"], "match": {"route": "paid"}}
    incident = opened(counter, "2026-03-10T18:16", "2026-03-10T18:47", **hit)
    goodwill = grants_to(acme, "Sorry", "5.00", starts="2026-04-01", until="2027-04-01")
    assert left(prepaid) == "8.04"
    event_corrections.amend(
        Event.objects.get().key,
        quantity=Decimal(28),
        data={"route": "plan"},
        at=story.at,
        by=SAM,
        reason="It was routed wrongly",
    )
    row = row_of(drafted(counter, incident))
    said = without_fate(incident, at=story.at)
    assert "1 affected invoice has late usage without a fate." in said
    with pytest.raises(IncidentHasOpenCents):
        closed(counter, incident)

    batches.leave_out(row=row, at=story.at, by=SAM, reason="It is corrected instead")
    story.on("2026-05-01").runs_billing()
    assert (left(prepaid), left(goodwill)) == ("10.00", "5.00")
    assert sum(each.total_minor for each in acme.invoices) == 0
    assert closed(counter, incident).closed_at == story.at
