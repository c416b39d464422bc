"""A licence for the tests that walk the screens: made once, when a screen of licences is asked for.

The platform itself has none, so that what it shows of two accounts stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.licences.models import License
from tests.billing.licences.licensing import dyno_units, enterprise, pool
from usage.derivation.refresh import refresh
from usage.models import Meter

if TYPE_CHECKING:
    from tests.console.platform import Platform
    from tests.story import Story


def licence_of(platform: Platform) -> License:
    """An enterprise's licence with a pool, from which one team drew in May."""
    found = License.objects.first()
    return found or _made(platform.story)


def _made(story: Story) -> License:
    meter = Meter.objects.get(code="dyno-seconds")
    plan = story.plan("enterprise", dyno_units(meter))
    story.on("2026-05-01")
    initech = enterprise(story, "Initech")
    team = initech.team("Initech Web")
    team.subscribes(plan)
    team.app("initech-web")
    made = initech.agrees(
        "LIC-7",
        starts="2026-05-01",
        until="2027-05-01",
        purchase_order="PO-17",
        renewal_notice_on="2027-03-01",
        commitments=[pool(quantity="40")],
    )
    story.on("2026-05-12T11:00")
    team.scales("initech-web", "performance-m", "9", at="2026-05-01T00:00")
    refresh([team.account.pk])
    return made
