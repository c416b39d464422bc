"""The oracle itself, on facts small enough to add up by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from demo.platform.tally import TallyKey, TallySpan, tally
from demo.platform.values import PlayedMeasurement, PlayedOwnership, PlayedReport, PlayedState


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-{text}").replace(tzinfo=UTC)


MONTH = TallySpan(at("01T00:00"), datetime(2026, 11, 1, tzinfo=UTC))
ACME, GLOBEX = "acct-acme", "acct-globex"
MOVED = (
    PlayedOwnership(ACME, at("01T00:00"), at("10T12:00")),
    PlayedOwnership(GLOBEX, at("10T12:00")),
)


def dynos(quantity: int, since: str, until: str | None) -> PlayedState:
    return PlayedState("dyno_seconds", "app-1", {"size": "standard-2x"}, quantity, at(since),
                at(until) if until else None)  # fmt: skip


def totals(
    report: PlayedReport, *, owners: tuple[PlayedOwnership, ...] = MOVED
) -> dict[tuple[str, str], Decimal]:
    found = tally(report, {"app-1": owners}, {ACME: MONTH, GLOBEX: MONTH})
    return {(total.account, total.meter): quantity for total, quantity in found.items()}


@pytest.mark.parametrize(
    ("held", "acme", "globex"),
    [
        (dynos(2, "10T11:00", "10T12:00"), "7200", None),
        (dynos(2, "10T12:00", "10T13:00"), None, "7200"),
        (dynos(3, "10T11:59:50", "10T12:00:00.250"), "30", "0.75"),
        (dynos(1, "31T23:00", None), None, "3600"),  # never ended: counted to the month's end
    ],
)
def test_a_state_is_counted_to_its_owner_by_the_microsecond(
    held: PlayedState, acme: str | None, globex: str | None
) -> None:
    expected = {(ACME, "dyno_seconds"): acme, (GLOBEX, "dyno_seconds"): globex}
    assert totals(PlayedReport(held=[held])) == {
        key: Decimal(seconds) for key, seconds in expected.items() if seconds is not None
    }


def test_measurements_go_to_the_owner_of_their_instant() -> None:
    report = PlayedReport(
        counted=[
            PlayedMeasurement("router_requests", "app-1", at("10T11:59:59"), Decimal(70)),
            PlayedMeasurement("router_requests", "app-1", at("10T12:00"), Decimal(5)),
            PlayedMeasurement("router_requests", "app-1", at("11T12:00"), Decimal("0.5")),
            PlayedMeasurement("storage_gb", "app-1", at("02T03:00"), Decimal("12.5")),
            PlayedMeasurement("storage_gb", "app-1", at("03T03:00"), Decimal("9.75")),
            PlayedMeasurement("active_users", "app-1", at("02T03:00"), Decimal(1), member="u-17"),
            PlayedMeasurement("active_users", "app-1", at("03T03:00"), Decimal(1), member="u-17"),
            PlayedMeasurement("active_users", "app-1", at("03T04:00"), Decimal(1), member="u-18"),
        ]
    )
    assert totals(report) == {
        (ACME, "router_requests"): Decimal(70),
        (GLOBEX, "router_requests"): Decimal("5.5"),
        (ACME, "storage_gb"): Decimal("12.5"),
        (ACME, "active_users"): Decimal(2),
    }


def test_what_falls_on_the_months_end_belongs_to_the_next() -> None:
    report = PlayedReport(
        counted=[
            PlayedMeasurement("builds", "app-1", datetime(2026, 11, 1, tzinfo=UTC), Decimal(1)),
            PlayedMeasurement("builds", "app-1", at("01T00:00"), Decimal(1)),
        ]
    )
    assert totals(report) == {(ACME, "builds"): Decimal(1)}


def test_an_account_without_a_span_is_left_out() -> None:
    found = tally(
        PlayedReport(held=[dynos(1, "01T00:00", None)]), {"app-1": MOVED}, {GLOBEX: MONTH}
    )
    assert set(found) == {
        TallyKey(GLOBEX, "dyno_seconds", "app-1", (("size", "standard-2x"),)),
    }


def test_a_measurement_nobody_owned_is_an_error_of_the_platform() -> None:
    late_owner = (PlayedOwnership(ACME, at("05T00:00")),)
    report = PlayedReport(
        counted=[PlayedMeasurement("builds", "app-1", at("02T00:00"), Decimal(1))]
    )
    with pytest.raises(LookupError, match="nobody owned"):
        totals(report, owners=late_owner)


def test_a_meter_the_platform_does_not_count_is_an_error() -> None:
    report = PlayedReport(
        counted=[PlayedMeasurement("moonbeams", "app-1", at("02T00:00"), Decimal(1))]
    )
    with pytest.raises(LookupError, match="moonbeams"):
        totals(report)
