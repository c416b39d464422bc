"""One line of time for all of an account, narrowed by kind, and as it was known at an instant."""

from __future__ import annotations

import re
from decimal import Decimal

import time_machine
from django.test import Client

from accounts.models import Disclosure
from accounts.operations import disclosures, profiles
from accounts.operations.profiles import ProfileTerms
from accounts.permissions import Role
from billing.overview.queries.timeline.page import SOURCES
from billing.overview.queries.timeline.sources import TimelineKind
from billing.receivables.operations import payments
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from console.shell.formats import money_text
from core.money import Money
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.people import ADA
from tests.story import WHY, instant
from usage.models import Event
from usage.operations import event_corrections


def history_of(platform: Platform, client: Client, query: str = "") -> str:
    url = f"/accounts/{platform.acme.account.public_id}/history/{query}"
    return words(client.get(url).content)


def test_every_kind_of_entry_is_on_one_line_and_opens(platform: Platform, senior: Client) -> None:
    event = Event.objects.filter(type__name="router.requests").earliest("occurred_at")
    event_corrections.void(
        event.key, at=instant("2026-05-12T11:30"), by=ADA, reason="Counted twice"
    )
    who = person("lena", Role.SENIOR_SUPPORT)
    disclosures.ask(
        account=platform.acme.account, by=who, at=instant("2026-05-12T11:40"), reason=WHY
    )

    answer = senior.get(f"/accounts/{platform.acme.account.public_id}/history/")

    page, html = words(answer.content), answer.content.decode()
    assert "Event voided Occurred 10 Apr 2026, 09:30 “Counted twice”" in page
    assert f"Saw personal data in full “{WHY}”" in page
    assert re.search(r"DSP-\d{8} opened, by", page)
    assert "the customer wrote “We count three million.”" in page
    assert "name or address only" in page
    assert "held: no meter reads this type of event" in page.lower()
    assert f'href="/usage/events/{event.key}/"' in html
    assert 'href="/disputes/dsp_' in html
    assert 'href="/disclosures/dsc_' in html


def test_a_timeline_is_narrowed_to_one_kind(platform: Platform, support: Client) -> None:
    page = history_of(platform, support, "?kind=disputes")

    assert "We count three million." in page
    assert "Subscription Standard added" not in page


def test_each_kind_answers_even_where_nothing_of_it_happened(
    platform: Platform, support: Client
) -> None:
    url = f"/accounts/{platform.globex.account.public_id}/history/"
    for kind in TimelineKind:
        assert support.get(f"{url}?kind={kind}").status_code == 200
    assert "Nothing of this kind happened." in words(support.get(f"{url}?kind=disputes").content)
    assert support.get(f"{url}?kind=planets").status_code == 422


def test_every_kind_has_a_source_and_names_are_unique() -> None:
    assert {each.kind for each in SOURCES.values()} == set(TimelineKind)
    assert "move" not in SOURCES


def test_pages_go_on_and_come_back(platform: Platform, support: Client) -> None:
    for number in range(60):
        platform.acme.scales(
            "acme-web",
            "standard-2x",
            str(4 + number % 2),
            f"2026-05-02T{number // 6:02}:{number % 6}0",
        )
    url = f"/accounts/{platform.acme.account.public_id}/history/"

    first = support.get(url).context["page"]
    second = support.get(url, {"after": first.older}).context["page"]
    again = support.get(url, {"before": second.newer}).context["page"]

    assert [each.entry for each in again.rows] == [each.entry for each in first.rows]
    assert (first.newer, again.newer) == ("", "")
    assert {each.entry.at for each in second.rows}.isdisjoint({first.rows[0].entry.at})


def test_support_sees_that_data_was_shown_but_gets_no_link_it_may_not_follow(
    platform: Platform, support: Client
) -> None:
    who = person("lena", Role.SENIOR_SUPPORT)
    asked = disclosures.ask(
        account=platform.acme.account, by=who, at=instant("2026-05-12T11:40"), reason=WHY
    )

    answer = support.get(f"/accounts/{platform.acme.account.public_id}/history/?kind=personal")

    assert "Saw personal data in full" in words(answer.content)
    assert asked.public_id not in answer.content.decode()
    assert Disclosure.objects.count() == 1


# As of


def as_of(platform: Platform, client: Client, moment: str, more: str = "") -> str:
    url = f"/accounts/{platform.acme.account.public_id}/?as_of={moment}{more}"
    return words(client.get(url).content)


def test_the_page_goes_back_to_what_was_known(platform: Platform) -> None:
    acme = platform.acme.account
    with time_machine.travel("2026-05-20T10:00:00+00:00", tick=False):
        senior = client_of(person("sena", Role.SENIOR_SUPPORT))
        profiles.revise(
            account=acme,
            terms=ProfileTerms(legal_name="Acme Holding", zone="UTC"),
            at=instant("2026-05-20T10:00"),
            by=ADA,
            reason="Renamed",
        )

        before = as_of(platform, senior, "2026-05-19T09:12")
        after = as_of(platform, senior, "2026-05-20T10:00")

    assert "You see 19 May 2026, 09:12." in before
    assert "Acme Holding" not in before
    assert "Renamed" not in before
    assert "Legal name Acme Holding" in after
    assert "“Renamed”" in after


def test_money_is_as_booked_and_as_effective(platform: Platform, support: Client) -> None:
    earlier = as_of(platform, support, "2026-05-12T10:59")
    later = as_of(platform, support, "2026-05-12T11:00")

    assert "No invoice was issued by then." in earlier
    assert str(platform.invoice) not in earlier
    assert f"{platform.invoice} 1–30 Apr 2026 Open" in later
    total = money_text(platform.invoice.total)
    assert f"Receivable {total} {total}" in later


def test_a_payment_recorded_later_changes_one_clock_only(
    platform: Platform, support: Client
) -> None:
    report = Report("by-hand", "late", "USD", 1000, instant("2026-05-12T11:10"))
    recorded = Recorded(instant("2026-05-12T11:50"), ADA, "Found on the statement")
    payments.record(payer=platform.acme.account, report=report, recorded=recorded)

    page = as_of(platform, support, "2026-05-12T11:30")

    total = platform.invoice.total
    less = total - Money(Decimal(10), "USD")
    assert f"Balance {money_text(total)} {money_text(less)}" in page
    assert "Payment by" not in page
    assert "Payment by" in as_of(platform, support, "2026-05-12T11:50", "&kind=payments")


def test_an_instant_that_cannot_be_shown_says_why(platform: Platform, support: Client) -> None:
    url = f"/accounts/{platform.acme.account.public_id}/"
    for moment, said in {
        "tomorrow": "is not an instant; write it as 2026-10-14T09:12",
        "2026-05-12": "is not an instant",
        "1999-01-01T00:00": "out of range",
        "2026-05-13T12:00": "is still to come",
        "2026-01-01T00:00": "Nothing was known of Acme",
        "2026-05-12T09:00+99:00": "is not an instant",
    }.items():
        answer = support.get(url, {"as_of": moment})
        assert answer.status_code == 422, moment
        assert said in answer.content.decode(), moment
        assert "Nothing was saved" in answer.content.decode()


def test_the_past_offers_no_way_to_change_anything(platform: Platform, senior: Client) -> None:
    url = f"/accounts/{platform.acme.account.public_id}/?as_of=2026-05-12T11:30"

    page = senior.get(url).content.decode()

    main = page[page.index("<main") : page.index("</main>")]
    assert 'method="post"' not in main
    assert not re.search(r'href="[^"]*/(terms|agree|new)/', main)
    assert "Back to now" in main
