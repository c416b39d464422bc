"""One event on screen: why it counts, what it cost, and its correction with the price effect."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.permissions import Role
from billing.overview.queries.events import EventScope, day_window, event_page
from core.db.keyset_pages import Position
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import instant
from usage.envelope.received_event import event_key
from usage.filters import VERDICTS, EventFilters
from usage.models import Event, EventRevision
from usage.operations import event_corrections
from usage.queries.fate import EventNotFound

APRIL = "evt-3"
"""2,500,001 requests on 10 April: invoiced."""

MAY = "evt-4"
"""400,000 requests on 2 May: inside the free tier of the running month."""


def key(event_id: str) -> UUID:
    return UUID(event_key("platform/tests", event_id))


def url(event_id: str, verb: str = "") -> str:
    return f"/usage/events/{key(event_id)}/" + (f"{verb}/" if verb else "")


def seen_in(content: bytes) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', content.decode())
    return found.group(1) if found else ""


class TestWhy:
    def test_a_counted_event_names_meter_day_line_and_amount(
        self, platform: Platform, support: Client
    ) -> None:
        page = words(support.get(url(APRIL)).content)

        assert "Why it counts" in page
        assert (
            "requests Router requests, version 1 Counted Counted on 2026-04-10. 2,500,001 requests"
            in page
        )
        assert f"Router requests · $0.60 on {platform.invoice.number}" in page
        assert "pooled over the account" in page

    def test_an_event_of_the_free_tier_says_that_it_cost_nothing(
        self, platform: Platform, support: Client
    ) -> None:
        page = words(support.get(url(MAY)).content)

        assert "Router requests · $0.00 on the bill so far" in page
        assert "It fell where the price is 0." in page

    def test_a_held_event_says_what_holds_it(self, platform: Platform, support: Client) -> None:
        page = words(support.get(url("evt-5")).content)

        assert "In quarantine" in page
        assert "Why it counts nothing" in page
        assert "It is billed by nobody until it leaves the quarantine" in page

    def test_a_late_event_says_so(self, platform: Platform, support: Client) -> None:
        platform.story.on("2026-05-12T11:30")
        platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")

        found = Event.objects.get(occurred_at=instant("2026-04-20"))
        page = words(support.get(f"/usage/events/{found.key}/").content)

        assert f"It arrived after invoice {platform.invoice.number} was worked out." in page
        assert "it goes on the next invoice unless somebody waives it" in page

    def test_a_conflicting_sending_is_shown(self, platform: Platform, support: Client) -> None:
        again = platform.story.event(
            id=MAY,
            type="router.requests",
            subject="acme-web",
            time="2026-05-02T09:30:00+00:00",
            data={"quantity": "7"},
        )
        platform.story.sends(again)

        assert "Sent again with other content" in words(support.get(url(MAY)).content)

    def test_the_sequence_an_event_was_sent_with_was_not_shown(
        self, platform: Platform, support: Client
    ) -> None:
        said = {"type": "router.requests", "subject": "acme-web", "data": {"quantity": "1"}}
        numbered = {"sequence": "17", "sequencetype": "Integer"}
        platform.story.on("2026-05-12T11:30")
        platform.story.sends(
            said | {"time": "2026-05-03T09:00:00Z"} | numbered,
            said | {"time": "2026-05-03T10:00:00Z"},
        )
        first, second = Event.objects.filter(
            occurred_at__in=[instant("2026-05-03T09:00"), instant("2026-05-03T10:00")]
        ).order_by("occurred_at")
        assert "Sequence 17" in words(support.get(f"/usage/events/{first.key}/").content)
        assert "Sequence" not in words(support.get(f"/usage/events/{second.key}/").content)


class TestListing:
    def test_events_of_one_instant_stand_as_they_were_reported(
        self, platform: Platform, support: Client
    ) -> None:
        """The later report first, since it holds; they stood by a number made of their ids."""
        said = {
            "type": "router.requests", "subject": "acme-web", "time": "2026-05-03T09:00:00Z",
            "data": {"quantity": "1"},
        }  # fmt: skip
        platform.story.on("2026-05-12T11:30")
        for ids in (("a-1", "b-1"), ("c-1", "d-1")):
            platform.story.sends(*[said | {"id": id} for id in ids])
        window = EventScope(day_window(date(2026, 5, 3)))
        every = EventFilters.asked(QueryDict())
        found = event_page(window, filters=every, position=Position()).rows
        assert [row.event_id for row in found if row.event_id[1:] == "-1"] == [
            "d-1", "c-1", "b-1", "a-1"
        ]  # fmt: skip
        after = Position(after=str(key("c-1")))
        older = event_page(window, filters=every, position=after)
        assert [row.event_id for row in older.rows][:2] == ["b-1", "a-1"]
        before = event_page(window, filters=every, position=Position(before=str(key("b-1"))))
        assert [row.event_id for row in before.rows][-2:] == ["d-1", "c-1"]


class TestAmending:
    def test_the_effect_is_shown_and_nothing_saved(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        answer = two.post(url(MAY, "amend"), {"quantity": "3000000", "reason": "A digit was lost"})

        page = words(answer.content)
        assert "Router requests 0.4 million requests 3 million requests $0.00 $0.80" in page
        assert "Difference $0.80" in page
        assert EventRevision.objects.count() == 0

    def test_it_is_saved_when_what_was_seen_is_confirmed(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        said = {"quantity": "3000000", "reason": "A digit was lost"}
        seen = seen_in(two.post(url(MAY, "amend"), said).content)

        two.post(url(MAY, "amend"), said | {"seen": seen})

        page = words(two.get(url(MAY)).content)
        assert "Amended: the quantity is 3,000,000" in page
        assert "A digit was lost" in page
        assert "Router requests · $0.80 on the bill so far" in page

    def test_another_value_than_the_one_seen_is_shown_anew(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        said = {"quantity": "3000000", "reason": "A digit was lost"}
        seen = seen_in(two.post(url(MAY, "amend"), said).content)

        changed = said | {"quantity": "4000000", "seen": seen}
        answer = two.post(url(MAY, "amend"), changed)

        assert "Difference $1.20" in words(answer.content)
        assert EventRevision.objects.count() == 0

    def test_of_an_issued_period_the_difference_becomes_late_usage(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        answer = two.post(url(APRIL, "amend"), {"quantity": "3500001", "reason": "Counted again"})

        page = words(answer.content)
        assert "Difference $0.40" in page
        assert f"Invoice {platform.invoice.number} is issued and stays as it is" in page

    def test_properties_are_fields_of_their_own(self, platform: Platform, two: TwoPeople) -> None:
        page = two.get(url("evt-1", "amend")).content.decode()

        assert "process_type" in page
        assert 'value="standard-2x"' in page

    @pytest.mark.parametrize(
        ("said", "complaint"),
        [
            ({"quantity": "many", "reason": "Why"}, "quantity must be a plain decimal"),
            ({"quantity": "NaN", "reason": "Why"}, "quantity must be a plain decimal"),
            ({"quantity": "1e9", "reason": "Why"}, "quantity must be a plain decimal"),
            ({"quantity": "5", "reason": "\u200b"}, "Say why."),
            ({"quantity": "400000", "reason": "Why"}, "says so already. Nothing was saved."),
            ({"quantity": "", "reason": "Why"}, "Nothing was saved."),
        ],
    )
    def test_what_cannot_be_is_named_and_not_saved(
        self, said: dict[str, str], complaint: str, platform: Platform, two: TwoPeople
    ) -> None:
        answer = two.post(url(MAY, "amend"), said)

        assert complaint in words(answer.content)
        assert EventRevision.objects.count() == 0


class TestVoiding:
    def test_a_void_and_its_restoration_are_both_on_the_timeline(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        for verb in ("void", "restore"):
            said = {"reason": f"To {verb} it"}
            seen = seen_in(two.post(url(APRIL, verb), said).content)
            two.post(url(APRIL, verb), said | {"seen": seen})

        page = words(two.get(url(APRIL)).content)

        assert "Restored “To restore it”" in page
        assert "Voided “To void it”" in page

    def test_a_voided_event_says_who_voided_it(self, platform: Platform, two: TwoPeople) -> None:
        said = {"reason": "Sent by mistake"}
        seen = seen_in(two.post(url(MAY, "void"), said).content)

        two.post(url(MAY, "void"), said | {"seen": seen})

        page = words(two.get(url(MAY)).content)
        assert "Sent by mistake" in page
        assert "Why it counts nothing Voided by" in page
        assert "Restore…" in page
        assert "Amend…" not in page

    def test_a_double_submit_changes_nothing_more(self, platform: Platform, two: TwoPeople) -> None:
        said = {"reason": "Sent by mistake"}
        seen = seen_in(two.post(url(MAY, "void"), said).content)
        two.post(url(MAY, "void"), said | {"seen": seen})

        answer = two.post(url(MAY, "void"), said | {"seen": seen})

        assert "is voided already. Nothing was saved." in words(answer.content)
        assert EventRevision.objects.count() == 1


def test_an_approver_sees_the_effect_and_does_not_put_it_forward(
    platform: Platform, two: TwoPeople
) -> None:
    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    said = {"quantity": "3000000", "reason": "A digit was lost"}

    shown = ada.post(url(MAY, "amend"), said)
    seen = seen_in(two.post(url(MAY, "amend"), said).content)
    answer = ada.post(url(MAY, "amend"), said | {"seen": seen})

    assert "Difference $0.80" in words(shown.content)
    assert "Finance admin or senior support puts it forward" in words(shown.content)
    assert answer.status_code == 403
    assert EventRevision.objects.count() == 0


def test_senior_support_puts_forward_and_nothing_is_saved(
    platform: Platform, senior: Client
) -> None:
    said = {"quantity": "3000000", "reason": "A digit was lost"}
    seen = seen_in(senior.post(url(MAY, "amend"), said).content)

    answer = senior.post(url(MAY, "amend"), said | {"seen": seen}, follow=True)

    page = words(answer.content)
    assert "You put it forward" in page
    assert "$0.80" in page
    assert EventRevision.objects.count() == 0


def test_support_reads_and_corrects_nothing(platform: Platform, support: Client) -> None:
    assert support.get(url(MAY, "void")).status_code == 403
    assert "Amend…" not in words(support.get(url(MAY)).content)


@pytest.mark.parametrize("verb", ["delete", "amend-all"])
def test_there_is_no_other_correction(verb: str, platform: Platform, two: TwoPeople) -> None:
    assert two.get(url(MAY, verb)).status_code == 404


def test_an_event_never_received_is_not_found(platform: Platform, two: TwoPeople) -> None:
    assert Event.objects.filter(event_id="evt-99").count() == 0
    assert two.get(url("evt-99", "void")).status_code == 404
    with pytest.raises(EventNotFound):
        event_corrections.void(
            key("evt-99"), at=platform.story.at, by=person("bo").actor, reason="x"
        )


class TestList:
    DAY = "/usage/events/?on=2026-04-10"

    def rows(self, client: Client, **narrowed: str) -> list[str]:
        asked = "".join(f"&{name}={value}" for name, value in narrowed.items())
        content = client.get(self.DAY + asked).content.decode()
        return re.findall(r'<span class="id">(evt-\d+)</span>', content)

    def test_is_narrowed_by_source(self, platform: Platform, support: Client) -> None:
        assert APRIL in self.rows(support, source="platform/tests")
        assert support.get(self.DAY + "&source=nowhere").status_code == 422

    @pytest.mark.parametrize(
        ("correct", "verdict", "said"),
        [
            (None, "as_sent", ""),
            ("amend", "amended", "corrected"),
            ("void", "voided", "voided"),
            ("restore", "amended", "corrected"),
        ],
    )
    def test_is_narrowed_by_what_became_of_an_event(
        self,
        correct: str | None,
        verdict: str,
        said: str,
        platform: Platform,
        support: Client,
    ) -> None:
        told: dict[str, Any] = {"at": platform.story.at, "by": ADA, "reason": "Counted twice"}
        if correct == "amend":
            event_corrections.amend(key(APRIL), quantity=Decimal(1), data={}, **told)
        elif correct:
            event_corrections.void(key(APRIL), **told)
        if correct == "restore":
            event_corrections.restore(key(APRIL), **told)

        found = {each for each in VERDICTS if APRIL in self.rows(support, verdict=each)}

        assert found == {verdict}
        assert said in words(support.get(self.DAY).content)

    def test_shows_what_was_sent_again_with_other_content(
        self, platform: Platform, support: Client
    ) -> None:
        assert self.rows(support, verdict="conflict") == []
        twin = platform.story.event(
            id=APRIL,
            type="router.requests",
            subject="acme-web",
            time="2026-04-10T09:30:00+00:00",
            data={"quantity": "7"},
        )
        platform.story.sends(twin)

        assert self.rows(support, verdict="conflict") == [APRIL]

    def test_without_a_match_says_where_to_look(self, platform: Platform, support: Client) -> None:
        page = words(support.get(self.DAY + "&verdict=voided").content)

        assert "No such event of this day. Events held or dropped are in the quarantine" in page


def test_BL2_what_was_replaced_names_what_replaced_it_and_counts_dynos(
    platform: Platform, support: Client
) -> None:
    for id, quantity in (("evt-90", "3"), ("evt-100", "2")):
        data = {"process_type": "web", "size": "standard-2x", "quantity": quantity}
        platform.story.sends(
            {
                "id": id,
                "type": "formation.scaled",
                "subject": "acme-web",
                "time": "2026-05-03T09:30:00Z",
                "data": data,
            }
        )

    page = words(support.get(url("evt-90")).content)

    assert "Replaced Replaced by evt-100, reported later for the same instant." in page
    assert "3 dynos" in page
    assert f'href="{url("evt-100")}"' in support.get(url("evt-90")).content.decode()
    assert "2 dynos" in words(support.get(url("evt-100")).content)
