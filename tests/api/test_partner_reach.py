"""A partner reports for the accounts and the service it was given, and learns of no other.

The canary is Globex's shop: no answer, no time and no row may tell that it exists.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Partner, Resource
from accounts.operations import partners, resources
from accounts.operations.partners import PartnerTerms
from core.actor import Actor
from tests.api.bearer import client_of
from tests.cast import NOON, SETUP, partner, resource
from tests.usage.world import event, meter
from usage.envelope import read_item
from usage.models import Event, QuarantinedEvent, QuarantineReason
from usage.operations import quarantine
from usage.operations.ingest import IngestOutcome, Reporter, Verdict, ingest

EVENTS = "/api/v1/usage/events"
BY: dict[str, Any] = {"by": SETUP, "reason": "As agreed"}
SOURCE = "addons/mail"


@pytest.fixture(autouse=True)
def _a_source_of_its_own(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A source is for ever its first partner's, and this process remembers whose."""
    monkeypatch.setitem(globals(), "SOURCE", f"addons/{request.node.name}")


@pytest.fixture
def mailer(acme: Account) -> Partner:
    """An add-on provider that may report for Acme."""
    meter("mails", event_type="mail.sent")
    return partner("Mailer", sources=(SOURCE,), event_types=("mail.sent",), reports_for=(acme,))


@pytest.fixture
def shop(globex: Account) -> Resource:
    return resource("globex-shop", of=globex)


def told(subject: str, id: str, time: str = "2026-01-10") -> dict[str, Any]:
    return event("mail.sent", time, id=id, subject=subject, source=SOURCE, quantity="3")


def report(client: Client, subject: str, id: str = "evt-1") -> Any:
    """What the API answers."""
    body = json.dumps([{"specversion": "1.0", **told(subject, id)}])
    return client.post(EVENTS, body, content_type="application/cloudevents-batch+json")


def verdict(by: Partner, subject: str, id: str = "evt-1", time: str = "2026-01-10") -> Verdict:
    """What becomes of one event that the partner reports at noon of the 15th."""
    reporter = Reporter(by.pk, by.name, frozenset(by.sources), frozenset(by.event_types))
    actor = Actor.partner(by.public_id, by.name)
    item = read_item(told(subject, id, time))
    return ingest([item], at=NOON, by=actor, reporter=reporter).verdicts[0]


def test_a_partner_bills_no_resource_it_was_not_given(mailer: Partner, shop: Resource) -> None:
    said = verdict(mailer, "globex-shop")
    assert (said.outcome, said.code) == (IngestOutcome.QUARANTINED, "unknown_subject")
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_exists_is_answered_like_one_that_does_not(
    mailer: Partner, shop: Resource
) -> None:
    client = client_of(mailer)
    answers = [report(client, name, name).json() for name in ("globex-shop", "globex-shed")]
    plain = [str(each["verdicts"]).replace("globex-shop", "globex-shed") for each in answers]
    assert plain[0] == plain[1]
    assert "unknown_subject" in plain[0]
    held = QuarantinedEvent.objects.order_by("subject").values_list("reason", "detail")
    assert len({(reason, detail.replace("shop", "shed")) for reason, detail in held}) == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_looked_up_once_costs_the_database_the_same(
    mailer: Partner, shop: Resource
) -> None:
    spent = []
    for name in ("globex-shop", "globex-shed"):
        verdict(mailer, name, f"{name}-1")
        with CaptureQueriesContext(connection) as asked:
            verdict(mailer, name, f"{name}-2")
        spent.append(len(asked))
    assert spent[0] == spent[1]


def test_a_name_that_is_registered_later_is_known_from_then_on(
    mailer: Partner, acme: Account
) -> None:
    assert verdict(mailer, "acme-new", "a").code == "unknown_subject"
    resource("acme-new", of=acme)
    assert verdict(mailer, "acme-new", "b").outcome == IngestOutcome.ACCEPTED


def test_it_reports_for_its_accounts_at_the_instant_of_the_event(
    mailer: Partner, acme: Account, globex: Account
) -> None:
    crm = resource("acme-crm", of=acme)
    resources.transfer(resource=crm, to=globex, at=NOON, **BY)
    assert verdict(mailer, "acme-crm").outcome == IngestOutcome.ACCEPTED
    assert verdict(mailer, "acme-crm", "evt-2", "2026-01-15T12:00").code == "unknown_subject"


def test_it_reports_for_the_add_ons_of_its_own_service(mailer: Partner, globex: Account) -> None:
    resource("globex-mail-1", of=globex, kind="addon", provider=mailer)
    assert verdict(mailer, "globex-mail-1").outcome == IngestOutcome.ACCEPTED


def test_a_provider_that_staff_set_counts_at_once_and_one_they_take_no_more(
    mailer: Partner, shop: Resource
) -> None:
    assert verdict(mailer, "globex-shop", "a").code == "unknown_subject"
    resources.set_provider(resource=shop, provider=mailer, **BY)
    assert verdict(mailer, "globex-shop", "b").outcome == IngestOutcome.ACCEPTED
    resources.set_provider(resource=shop, provider=None, **BY)
    assert verdict(mailer, "globex-shop", "c").code == "unknown_subject"


def test_trying_again_bills_nothing_the_partner_may_not_report(
    mailer: Partner, shop: Resource
) -> None:
    verdict(mailer, "globex-shop")
    settled = quarantine.retry_all(QuarantineReason.UNKNOWN_SUBJECT, at=NOON, **BY)
    assert (settled.released, dict(settled.held)) == (0, {"unknown_subject": 1})
    assert not Event.objects.exists()


def test_an_account_given_later_releases_what_was_held(
    mailer: Partner, shop: Resource, globex: Account
) -> None:
    verdict(mailer, "globex-shop")
    terms = PartnerTerms(mailer.name, mailer.kind, mailer.sources, mailer.event_types)
    partners.revise(partner=mailer, terms=terms, reportable_accounts=[globex], at=NOON, **BY)
    assert quarantine.retry_all(QuarantineReason.UNKNOWN_SUBJECT, at=NOON, **BY).released == 1


@pytest.mark.django_db(transaction=True)
def test_the_partner_reads_nothing_that_tells(mailer: Partner, shop: Resource) -> None:
    client = client_of(mailer)
    for name in ("globex-shop", "globex-shed"):
        assert report(client, name, name).json()["counts"]["quarantined"] == 1
    listed = client.get("/api/v1/usage/quarantine").json()["data"]
    assert {each["reason"] for each in listed} == {"unknown_subject"}
    assert len({each["detail"].replace("shop", "shed") for each in listed}) == 1
    january = "since=2026-01-01T00:00:00Z&until=2026-01-31T00:00:00Z"
    for path in ("accounts", "invoices", "late-usage", "credit-notes", f"usage/events?{january}"):
        assert "lobex" not in client.get(f"/api/v1/{path}").content.decode()


def test_the_platform_itself_reports_for_everything(shop: Resource, db: None) -> None:
    meter("mails", event_type="mail.sent")
    platform = partner("Platform", sources=(SOURCE,), event_types=("mail.sent",))
    assert verdict(platform, "globex-shop").outcome == IngestOutcome.ACCEPTED
