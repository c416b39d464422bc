"""What a customer pays where two events name one instant."""

from __future__ import annotations

from tests.billing.prices import dyno_month, dyno_seconds
from tests.story import Story, lines


def test_BL1_the_later_of_two_reports_of_one_instant_is_billed(story: Story):
    """One dyno, at the same instant corrected to three, off after 10 of 30 days."""
    plan = story.plan("standard", dyno_month(dyno_seconds(story), "2x", "25.00"))
    story.on("2026-04-01")
    acme = story.account("Acme")
    app = acme.app("app-1").platform_id
    acme.subscribes(plan)
    story.on("2026-05-01")
    for id, quantity, at in [
        ("evt-9", "1", "2026-04-01T00:00:00Z"),
        ("evt-10", "3", "2026-04-01T00:00:00Z"),
        ("evt-11", "0", "2026-04-11T00:00:00Z"),
    ]:
        data = {"process_type": "web", "size": "2x", "quantity": quantity}
        story.sends(
            {"id": id, "type": "formation.scaled", "subject": app, "time": at, "data": data}
        )
    story.runs_billing()
    assert acme.statement == lines("""
        Dyno · 2x  1 dyno-month  25.00
        total  25.00
    """)
