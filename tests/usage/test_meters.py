"""Meters are defined once and revised by versions; what a version would change is seen before."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.people import ADA
from tests.usage.world import LATER, World, days, dynos, event, instant, meter, seconds
from usage.aggregate.rules import Aggregation, Bucket
from usage.meter_terms import MeterTerms, TermsInvalid
from usage.models import Meter, MeterVersion, QuarantinedEvent
from usage.operations import meters
from usage.operations.meters import (
    MeaningChanged,
    MeterCodeTaken,
    MeterRetired,
    NewMeter,
    VersionNotLatest,
)
from usage.queries.dry_run import DryRunScope, dry_run

WHY: dict[str, Any] = {"at": LATER, "by": ADA, "reason": "As agreed"}
MAY = ("2026-05-01", "2026-06-01")


def revise(only: Meter, since: str, **terms: Any) -> MeterVersion:
    terms.setdefault("event_type", only.code)
    return meters.revise(
        meter=only, terms=MeterTerms(**terms), effective_from=instant(since), **WHY
    )


class TestVersions:
    def test_each_event_is_read_by_the_version_of_its_instant(self, world: World):
        requests = meter("requests")
        world.uses("requests", ("2026-05-10", "1"), ("2026-05-20", "1"))
        revise(requests, "2026-05-15", value_expression="quantity * 10")
        assert days() == [("2026-05-10", "1"), ("2026-05-20", "1")]  # not built again yet
        assert world.quantity(*MAY) == "11"

    def test_polar_5345_a_later_meter_does_not_bill_earlier_events(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-05-10", "5"))
        meter("request_count", "count", event_type="requests", effective_from=instant("2026-05-15"))
        world.uses("requests", ("2026-05-20", "5"))
        found = {each.meter_code: str(each.quantity) for each in world.metered(*MAY)}
        assert found == {"requests": "10", "request_count": "1"}

    def test_unless_it_is_told_so(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-05-10", "5"))
        meter("request_count", "count", event_type="requests")
        found = {each.meter_code: str(each.quantity) for each in world.metered(*MAY)}
        assert found == {"requests": "5", "request_count": "1"}

    def test_the_database_lets_nobody_change_a_version(self, world: World):
        version = meter("requests").versions.get()
        version.filter_expression = "quantity > 5"
        with pytest.raises(IntegrityError), transaction.atomic():
            version.save()
        with pytest.raises(IntegrityError), transaction.atomic():
            version.delete()

    def test_a_meaning_cannot_change(self, world: World):
        seats = meter("seats", "unique", member_property="user")
        with pytest.raises(MeaningChanged):
            revise(seats, "2026-05-15", member_property="user", operation_property="op")

    def test_versions_follow_each_other(self, world: World):
        requests = meter("requests")
        revise(requests, "2026-05-15")
        with pytest.raises(VersionNotLatest):
            revise(requests, "2026-05-14")

    def test_a_retired_meter_is_not_revised(self, world: World):
        requests = meter("requests")
        meters.retire(meter=requests, effective_until=instant("2026-05-15"), **WHY)
        with pytest.raises(MeterRetired):
            revise(requests, "2026-05-20")
        world.uses("requests", ("2026-05-20", "1"))
        assert QuarantinedEvent.objects.get().reason == "retired_meter"

    def test_a_code_is_taken_for_ever(self, world: World):
        meter("requests")
        with pytest.raises(MeterCodeTaken):
            meter("requests")


@pytest.mark.parametrize(
    ("aggregation", "terms", "code"),
    [
        ("sum", {"event_type": "a b"}, "event_type_format"),
        ("sum", {"filter_expression": "quantity >"}, "expression_invalid"),
        ("sum", {"dimensions": ("size",), "presentation": ("size",)}, "presentation_prices"),
        ("sum", {"dimensions": ("size", "size")}, "dimensions_repeated"),
        ("sum", {"scale": 19}, "scale_range"),
        ("sum", {"member_property": "user"}, "member_property"),
        ("unique", {}, "member_property"),
        ("bucketed_max", {}, "bucket"),
        ("max", {"bucket": Bucket.HOUR}, "bucket"),
        ("percentile", {"sample_seconds": 7}, "sample_seconds"),
        ("duration", {"signed": True}, "signed"),
        ("count", {"value_expression": "1"}, "value_expression"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(
    aggregation: str, terms: dict[str, Any], code: str
):
    new = NewMeter("m", "m", "unit", Aggregation(aggregation))
    with pytest.raises(TermsInvalid) as refused:
        meters.define(new, MeterTerms(**{"event_type": "m"} | terms), **WHY)
    assert code in {error.code for error in refused.value.errors}


def test_everything_that_is_wrong_is_said_at_once():
    terms = MeterTerms("a b", filter_expression="(", scale=99)
    with pytest.raises(TermsInvalid) as refused:
        meters.define(NewMeter("m", "m", "unit", Aggregation.SUM), terms, **WHY)
    assert len(refused.value.errors) == 3


class TestDryRun:
    def scope(self, world: World) -> DryRunScope:
        return DryRunScope([world.account.pk], date(2026, 5, 1), date(2026, 6, 1))

    def test_what_a_filter_would_leave_out(self, world: World):
        requests = meter("requests")
        world.uses("requests", ("2026-05-10", "5"), region="eu")
        world.uses("requests", ("2026-05-11", "7"), region="us")
        terms = MeterTerms("requests", filter_expression="region = 'eu'")
        found = dry_run(meter=requests, terms=terms, scope=self.scope(world))
        (row,) = found.changed
        assert (str(row.before), str(row.after)) == ("12", "5")
        assert (found.tally.read, found.tally.filtered, found.tally.unreadable) == (2, 1, 0)
        assert MeterVersion.objects.count() == 1

    def test_what_it_could_not_read(self, world: World):
        requests = meter("requests")
        world.uses("requests", ("2026-05-10", "5"))
        terms = MeterTerms("requests", dimensions=("region",))
        found = dry_run(meter=requests, terms=terms, scope=self.scope(world))
        assert found.tally.samples == ["requests-1: region is missing"]
        assert [(row.before, row.after) for row in found.changed] == [(5, None)]

    def test_states_are_followed_from_their_beginning(self, world: World):
        dynos()
        world.scales(("2026-04-20", "2", "1x"), ("2026-05-02", "0", "1x"))
        only = Meter.objects.get()
        terms = MeterTerms(
            "formation.scaled", state_key=("process_type",), filter_expression="size = '2x'"
        )
        found = dry_run(meter=only, terms=terms, scope=self.scope(world))
        assert [(str(row.before), row.after) for row in found.changed] == [
            (seconds(days=2), None),
        ]

    def test_an_equal_definition_changes_nothing(self, world: World):
        meter("requests")
        world.uses("requests", ("2026-05-10", "5"))
        terms = MeterTerms("requests")
        found = dry_run(meter=Meter.objects.get(), terms=terms, scope=self.scope(world))
        assert (found.changed, found.unchanged) == ([], 1)


class TestExpressions:
    def test_wA5_a_sum_with_a_multiplier(self, world: World):
        """The first event of an id wins, so 5.00 and not 4.80."""
        meter("tokens", value_expression="quantity * 0.001")
        for id, value in (("evt1", "1000"), ("evt2", "2500"), ("evt3", "1500"), ("evt1", "800")):
            world.sends(event("tokens", "2026-05-10", id=id, quantity=value))
        assert world.quantity(*MAY) == "5"

    def test_a_value_without_an_end_is_held_until_it_is_rounded(self, world: World):
        meter("thirds", value_expression="quantity / 3")
        world.uses("thirds", ("2026-05-10", "1"))
        held = QuarantinedEvent.objects.get()
        assert held.reason == "unreadable_property"
        assert "round it" in held.detail
