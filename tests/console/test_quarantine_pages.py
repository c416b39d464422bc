"""The quarantine on screen: choose, say why, and see what went through and what did not."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.contracts.tasks import settle_held_events
from tests.browsers import TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from usage.models import Event, QuarantinedEvent, QuarantineState
from usage.operations import held_settlements

LIST = "/usage/quarantine/?reason=unknown_type"
SETTLE = "/usage/quarantine/settle/"
ALL = f"{SETTLE}?reason=unknown_type&do="


def held(platform: Platform, count: int) -> list[QuarantinedEvent]:
    for _ in range(count - QuarantinedEvent.objects.count()):
        platform.acme.uses("dyno.hibernated", "acme-web", "2026-04-11T09:30", quantity="1")
    return list(QuarantinedEvent.objects.order_by("pk"))


def states() -> list[str]:
    return list(QuarantinedEvent.objects.order_by("pk").values_list("state", flat=True))


def reads_it(platform: Platform) -> None:
    platform.story.meter("hibernations", event_type="dyno.hibernated")


class TestTryingAgain:
    def test_a_confirmation_counts_before_anything_happens(
        self, platform: Platform, senior: Client
    ) -> None:
        held(platform, 3)

        page = words(senior.get(ALL + "retry").content)

        assert "Try again 3 held events" in page
        assert "Held because No meter reads this type of event" in page
        assert states() == ["held"] * 3

    def test_what_is_still_wrong_is_said_with_its_reason(
        self, platform: Platform, senior: Client
    ) -> None:
        held(platform, 2)

        answer = senior.post(ALL + "retry", {"reason": "Just in case"}, follow=True)

        page = words(answer.content)
        assert "No event went through" in page
        assert "2 are still held: no meter reads this type of event (2)." in page

    def test_after_the_fix_they_go_through_by_the_same_rules_as_ingest(
        self, platform: Platform, senior: Client
    ) -> None:
        held(platform, 2)
        reads_it(platform)

        answer = senior.post(ALL + "retry", {"reason": "A meter was added"}, follow=True)

        # No price covers the new meter, and trying again sets no rule aside.
        assert "2 are still held: no price covers these dimensions (2)." in words(answer.content)

    def test_BL8_one_click_reaches_every_event_whatever_the_first_ones_do(
        self, platform: Platform, senior: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of five, the newest alone is mended; each step tries two, and workers go on."""
        monkeypatch.setattr(held_settlements, "STEP", 2)
        held(platform, 4)
        platform.acme.uses("dyno.woken", "acme-web", "2026-04-11T09:30", quantity="1")
        platform.story.meter("wakings", event_type="dyno.woken")
        QuarantinedEvent.objects.filter(reason="no_price").update(reason="unknown_type")

        answer = senior.post(ALL + "retry", {"reason": "Again"}, follow=True)

        page = words(answer.content)
        assert answer.redirect_chain[0][0].startswith("/usage/quarantine/settlements/hst_")
        assert "2 of 5 looked at" in page
        assert "It goes on" in page or "goes on by itself" in page
        assert settle_held_events() == 1
        assert QuarantinedEvent.objects.filter(tried_at=None).count() == 0
        done = words(senior.get(answer.redirect_chain[0][0]).content)
        assert "No event went through. 5 are still held" in done
        assert "no price covers these dimensions (1)" in done

    def test_all_that_match_the_filters_are_chosen_across_pages(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        held(platform, 2)
        platform.acme.uses("dyno.hibernated", "other-app", "2026-04-12T09:30", quantity="1")
        QuarantinedEvent.objects.update(reason="unknown_type")
        listed = two.get(f"{LIST}&subject=other-app")

        assert "All 1 that match" in words(listed.content)
        url = f"{ALL}drop&subject=other-app"
        assert f"{url}".replace("&", "&amp;").split("?")[0] in listed.content.decode()
        two.post(url, {"reason": "Sent by a test"})

        assert states() == ["held", "held", "dropped"]

    def test_what_it_does_to_bills_is_shown_before_it_is_done(
        self, platform: Platform, senior: Client
    ) -> None:
        """A million requests of April came before the app was known: 0.40 more for Acme."""
        platform.acme.uses("router.requests", "late-app", "2026-04-20T09:30", quantity="1000000")
        reported_at = platform.story.at
        platform.story.on("2026-04-01")
        platform.acme.app("late-app")
        platform.story.at = reported_at

        page = words(senior.get(f"{SETTLE}?reason=unknown_subject&do=retry").content)

        assert "1 event would count, on 1 bill of 1 account." in page
        assert "$110.60" in page
        assert "+$0.40" in page
        assert QuarantinedEvent.objects.get(subject="late-app").state == "held"
        assert not Event.objects.filter(resource__platform_id="late-app").exists()

    def test_an_effect_of_the_first_events_only_says_so(
        self, platform: Platform, senior: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.whatif.operations.held_effects.EVENTS_PREVIEWED", 2)
        held(platform, 3)

        page = words(senior.get(ALL + "retry").content)

        assert "Worked out for the first 2 of 3 events only" in page
        assert "No event would go through. Still held: no meter reads this type" in page

    def test_only_the_ticked_ones_are_tried(self, platform: Platform, two: TwoPeople) -> None:
        first, _ = held(platform, 2)

        two.post(ALL + f"drop&ticked=yes&key={first.key}", {"reason": "Sent by a test"})

        assert states() == ["dropped", "held"]

    def test_nothing_ticked_is_not_everything(self, platform: Platform, two: TwoPeople) -> None:
        held(platform, 2)

        answer = two.get(ALL + "drop&ticked=yes", follow=True)

        assert "Nothing was done: tick the events first." in words(answer.content)
        assert states() == ["held", "held"]


class TestDeciding:
    def test_a_release_books_what_a_person_lets_pass(
        self, platform: Platform, two: TwoPeople, senior: Client
    ) -> None:
        held(platform, 2)
        reads_it(platform)
        senior.post(ALL + "retry", {"reason": "A meter was added"})

        url = f"{SETTLE}?reason=no_price&do=release"
        answer = two.post(url, {"reason": "Wanted for the statistics"}, follow=True)

        assert "was put forward; others decide." in words(answer.content)
        assert states() == ["released"] * 2

    def test_what_needs_a_fix_is_not_offered_for_release(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        page = words(two.get(ALL + "release").content)
        answer = two.post(ALL + "release", {"reason": "Please", "reason_code": "checked"})

        assert "These cannot be released by decision." in page
        assert answer.status_code == 422
        assert states() == ["held"]

    def test_a_drop_is_kept_with_who_and_why(self, platform: Platform, two: TwoPeople) -> None:
        two.post(ALL + "drop", {"reason": "Sent by a test"})

        row = QuarantinedEvent.objects.get()
        assert (row.state, row.decided_reason) == (QuarantineState.DROPPED, "Sent by a test")
        assert row.decided_by == "Farid"

    def test_a_double_submit_is_harmless(self, platform: Platform, two: TwoPeople) -> None:
        sent = {"reason": "Sent by a test"} | two.opened(ALL + "drop")
        two.post(ALL + "drop", sent)

        answer = two.post(ALL + "drop", sent)

        assert answer.status_code == 409
        assert "Nothing was saved." in words(answer.content)

    def test_what_arrived_after_the_confirmation_is_not_settled_unseen(
        self, platform: Platform, two: TwoPeople
    ) -> None:
        (seen,) = held(platform, 1)
        held(platform, 2)

        two.post(ALL + f"drop&through={seen.pk}", {"reason": "Sent by a test"})

        assert states() == ["dropped", "held"]


@pytest.mark.parametrize("reason", ["", "   ", "\u200b"])
def test_without_a_reason_nothing_is_settled(
    reason: str, platform: Platform, two: TwoPeople
) -> None:
    answer = two.post(ALL + "drop", {"reason": reason})

    assert 'aria-invalid="true"' in answer.content.decode()
    assert states() == ["held"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "do=burn&reason=unknown_type",
        "do=drop",
        "do=drop&reason=whim",
        "do=drop&reason=unknown_type&key=nonsense",
        "do=drop&reason=unknown_type&through=-1",
        "do=drop&reason=unknown_type&through=99999999999999999999",
    ],
)
def test_a_choice_that_means_nothing_says_so(
    query: str, platform: Platform, two: TwoPeople
) -> None:
    assert two.get(f"{SETTLE}?{query}").status_code == 422


@pytest.mark.parametrize("settlement", ["release", "drop"])
def test_who_approves_does_not_put_forward(settlement: str, platform: Platform) -> None:
    ada = client_of(person("ada", Role.FINANCE_APPROVER))
    said = {"reason": "Please", "reason_code": "checked"}

    answer = ada.post(ALL + settlement, said)

    assert answer.status_code == 403
    assert "senior support or finance admin" in words(answer.content)
    assert "Drop all" not in words(ada.get(LIST).content)
    assert states() == ["held"]


def test_senior_support_tries_again_and_puts_the_rest_forward(
    platform: Platform, senior: Client
) -> None:
    answer = senior.post(ALL + "drop", {"reason": "Please"}, follow=True)

    assert "You put it forward" in words(answer.content)
    assert states() == ["held"]


def test_support_reads_and_settles_nothing(platform: Platform, support: Client) -> None:
    assert support.get(ALL + "retry").status_code == 403
    assert "Try all again" not in words(support.get(LIST).content)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("subject=lost-app", {"lost-app"}),
        ("on=2026-05-02", {"lost-app"}),
        ("type=dyno.hibernated", {"acme-web"}),
        ("reason=unknown_subject", {"lost-app"}),
        ("subject=lost-app&on=2026-05-03", set()),
        ("source=platform%2Ftests", {"lost-app", "acme-web"}),
    ],
)
def test_BL42_held_events_are_narrowed_by_app_day_type_reason_and_source(
    asked: str, found: set[str], platform: Platform, support: Client
) -> None:
    platform.acme.uses("router.requests", "lost-app", "2026-05-02T10:00", quantity="1")

    page = support.get(f"/usage/quarantine/?{asked}").context["page"]

    assert {row.subject for row in page.rows} == found
