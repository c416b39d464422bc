"""The inbox, bill runs, quarantine and events: what is stuck, why, and how to go on."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.operations import roles
from accounts.permissions import Role
from billing.invoicing.models import BillRunItem
from tests.cast import NOON, deciders, person, proposed
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words


def test_the_inbox_counts_what_waits(platform: Platform, support: Client) -> None:
    page = words(support.get("/").content)

    assert "Parked accounts 1" in page
    assert "Draft invoices 0" in page
    assert "Events in quarantine 1" in page
    assert "Newest usage 1 hour ago" in page
    assert "No meter reads this type of event" in page


def test_a_run_shows_who_is_parked_and_why(platform: Platform, support: Client) -> None:
    page = words(support.get(f"/runs/{platform.run.public_id}/").content)

    assert "Billed 1" in page
    assert "Parked 1" in page
    assert "Globex 1–30 Apr 2026 No price covers dyno-seconds size=huge" in page
    assert "Usage without price" in page


def test_what_is_parked_is_grouped_with_an_example_and_the_money_that_waits(
    platform: Platform, senior: Client
) -> None:
    story, finance = platform.story, client_of(person("fay", Role.FINANCE_ADMIN))
    # Acme was billed 110.60 for April; in May it runs a size that nobody priced, too.
    story.on("2026-05-12T11:59")
    platform.acme.scales("acme-web", "huge", "1", at="2026-05-12T00:00")
    run = story.on("2026-06-02").runs_billing()

    page = words(senior.get(f"/runs/{run.public_id}/").content)
    only = words(senior.get(f"/runs/{run.public_id}/?reason=usage_without_price").content)

    assert "Parked, by reason" in page
    assert "Usage without price No price covers dyno-seconds size=huge" in page, (
        "an example of the reason"
    )
    assert "$110.60 2 never billed" in page
    assert "Acme" in only
    assert finance.get(f"/runs/{run.public_id}/?reason=other").context["page"].rows == []


def test_an_operator_sees_how_many_are_parked_and_not_whose(
    platform: Platform, operator: Client
) -> None:
    page = words(operator.get(f"/runs/{platform.run.public_id}/").content)

    assert "Parked 1" in page
    assert "Globex" not in page
    assert "Your role sees how many, not whose." in page


def test_a_finished_run_stops_polling(platform: Platform, support: Client) -> None:
    page = support.get(f"/runs/{platform.run.public_id}/").content.decode()

    assert "every 2s" not in page


def test_a_running_run_polls_its_progress_alone(platform: Platform, support: Client) -> None:
    run = platform.story.on("2026-06-02").plans_a_run()
    url = f"/runs/{run.public_id}/"

    page, part = support.get(url), support.get(url, headers={"HX-Request": "true"})

    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert part.content.decode().strip().startswith('<div class="card" id="progress"')
    assert "Running: 0 %" in words(part.content)


def test_a_finance_administrator_puts_parked_accounts_back_to_work(platform: Platform) -> None:
    client = client_of(person("fay", Role.FINANCE_ADMIN))
    url = f"/runs/{platform.run.public_id}/retry/"

    answer = client.post(url, {"reason": "A price was added, ticket 12"}, follow=True)

    assert "1 parked account goes back to work." in words(answer.content)
    assert platform.run.items.filter(state=BillRunItem.State.PARKED).count() == 0


@pytest.mark.parametrize("reason", ["", "   ", "\u200b"])
def test_a_retry_without_a_reason_changes_nothing(reason: str, platform: Platform) -> None:
    client = client_of(person("fay", Role.FINANCE_ADMIN))

    answer = client.post(f"/runs/{platform.run.public_id}/retry/", {"reason": reason}, follow=True)

    assert "Nothing was retried: say why first." in words(answer.content)
    assert platform.run.items.filter(state=BillRunItem.State.PARKED).count() == 1


def test_a_retry_of_nothing_says_so(platform: Platform) -> None:
    client = client_of(person("fay", Role.FINANCE_ADMIN))
    run = platform.story.on("2026-06-02").plans_a_run(account_ids=[platform.acme.account.pk])

    answer = client.post(f"/runs/{run.public_id}/retry/", {"reason": "Again"})

    assert answer.status_code == 409
    assert "No account of this run is parked." in words(answer.content)


def test_a_support_agent_may_not_retry(platform: Platform, support: Client) -> None:
    answer = support.post(f"/runs/{platform.run.public_id}/retry/", {"reason": "Please"})

    assert answer.status_code == 403
    assert "finance admin" in words(answer.content)
    assert platform.run.items.filter(state=BillRunItem.State.PARKED).count() == 1


def test_a_retry_is_not_done_by_looking(platform: Platform) -> None:
    client = client_of(person("fay", Role.FINANCE_ADMIN))

    assert client.get(f"/runs/{platform.run.public_id}/retry/").status_code == 405


def test_quarantine_lists_reasons_with_what_helps(platform: Platform, support: Client) -> None:
    page = words(support.get("/usage/quarantine/?reason=unknown_type").content)

    assert "1 held, by reason" in page
    assert "Add a meter that reads this type" in page
    assert "dyno.hibernated acme-web" in page


def test_an_operator_sees_the_reasons_and_not_the_events(
    platform: Platform, operator: Client
) -> None:
    page = words(operator.get("/usage/quarantine/").content)

    assert "1 held, by reason" in page
    assert "acme-web" not in page


def test_events_of_a_day_are_narrowed_by_account_and_type(
    platform: Platform, support: Client
) -> None:
    account = platform.acme.account.public_id
    url = f"/usage/events/?account={account}&on=2026-04-10&type=router.requests"

    page = words(support.get(url).content)

    assert "router.requests acme-web 2,500,001" in page
    assert "formation.scaled acme-web" not in page


def test_events_of_a_former_owner_are_not_the_new_owners(
    platform: Platform, support: Client
) -> None:
    platform.acme.hands_over(platform.app, platform.globex, at="2026-05-05T00:00")
    globex = platform.globex.account.public_id

    page = words(support.get(f"/usage/events/?account={globex}&on=2026-05-02").content)

    assert "No event of this day." in page


def test_an_event_shows_its_owner_and_the_meters_that_read_it(
    platform: Platform, support: Client
) -> None:
    found = support.get("/search/?q=evt-3", follow=True)

    page = words(found.content)

    assert "router.requests of acme-web" in page
    assert "Owner at that instant Acme" in page
    assert "requests Router requests, version 1 Counted" in page


def test_a_proposed_role_waited_where_nobody_saw_it(platform: Platform, support: Client) -> None:
    """It is in the inbox of whoever may decide it: not of support, nor of the one it is about."""
    olga, felix = deciders()
    kim = person("kim")
    grant = proposed(kim, Role.SUPPORT, by=olga)
    seen = client_of(felix).get("/").content
    assert "Proposed role Kim: support" in words(seen)
    assert f"{olga}: {grant.proposal_reason}" in words(seen)
    assert f'href="/admin/accounts/rolegrant/{grant.pk}/change/"' in seen.decode()
    assert "Proposed role" not in words(support.get("/").content)
    assert "Proposed role" not in words(client_of(olga).get("/").content)
    roles.refuse(grant=grant, by=felix, at=NOON, reason="Not now")
    assert "Proposed role" not in words(client_of(felix).get("/").content)
