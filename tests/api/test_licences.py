"""Licences over REST: what a partner may read of them, and nobody else's."""

from __future__ import annotations

import pytest

from tests.api.bearer import client_of
from tests.billing.licences.licensing import Enterprise, dyno_units, enterprise, pool
from tests.billing.prices import dyno_seconds
from tests.cast import partner
from tests.story import Story


@pytest.fixture
def meridian(db: None) -> Enterprise:
    """An enterprise whose pool of February was drawn from."""
    story = Story().on("2026-01-01")
    made = enterprise(story)
    made.subscribes(story.plan("enterprise", dyno_units(dyno_seconds(story))))
    made.app("portal")
    made.agrees("LIC-1", starts="2026-02-01", until="2026-04-01", commitments=[pool()])
    story.on("2026-03-01")
    made.scales("portal", "performance-m", "9", at="2026-02-01T00:00")
    story.runs_billing()
    return made


def test_a_partner_reads_licences_and_movements_of_its_accounts(meridian: Enterprise) -> None:
    mine = client_of(partner("Agency", reads=(meridian.account,)))
    (shown,) = mine.get("/api/v1/licences").json()["data"]
    assert (shown["number"], shown["products"][0]["overage_price"]) == ("LIC-1", "27.5")
    (first, second) = shown["pools"][0]["windows"]
    assert (first["granted"], first["drawn"], first["left"]) == ("80", "72", "8")
    assert (second["granted"], second["left"]) == ("80", "80")
    moved = mine.get("/api/v1/pool-movements?kind=draw").json()["data"]
    assert [(each["units"], each["covers"]["decimal"]) for each in moved] == [("-72", "1980.00")]
    one = mine.get(f"/api/v1/pool-movements/{moved[0]['id']}").json()
    assert one["invoice"] == meridian.invoice.public_id


def test_somebody_elses_licence_is_not_there(meridian: Enterprise) -> None:
    other = client_of(partner("Stranger"))
    for path in ("licences", "pool-movements"):
        assert other.get(f"/api/v1/{path}").json()["data"] == []
    ref = meridian.account.licenses.get().public_id
    assert other.get(f"/api/v1/licences/{ref}").status_code == 404


def test_an_unknown_kind_of_movement_is_refused(meridian: Enterprise) -> None:
    mine = client_of(partner("Agency", reads=(meridian.account,)))
    assert mine.get("/api/v1/pool-movements?kind=burn").status_code == 422
