"""A version that takes over a month beside somebody who issues it: one waits for the other."""

from datetime import date
from typing import Any

import pytest

from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import plans
from billing.contracts.operations import subscriptions
from billing.invoicing.operations import invoices
from billing.publishing import operations as publishing
from billing.publishing.queries.publication import ExistingBilled, require_unbilled
from tests.at_once import begun, while_open
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

DONE: dict[str, Any] = {"by": ADA, "reason": WHY}


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account whose March is a draft of 10.00."""
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-02").runs_billing(issues=False)
    return acme


@pytest.fixture
def dearer(acme: Customer) -> PlanVersion:
    """A version at 12.00 that takes over existing subscribers from 1 March."""
    return plans.draft_version(
        plan=acme.account.subscriptions.get().plan,
        effective_from=instant("2026-03-01"),
        existing_from=date(2026, 3, 1),
        prices=[flat("12.00")],
        **DONE,
    )


def test_a_version_waits_for_the_month_that_is_being_issued_and_is_refused(
    acme: Customer, dearer: PlanVersion
) -> None:
    at = acme.story.at
    issued, refused = while_open(
        lambda: invoices.issue(invoice_ids=[acme.invoice.pk], at=at, **DONE),
        lambda: publishing.publish(version=dearer, at=at, **DONE),
    )
    assert [each.total_minor for each in issued] == [1000]
    assert isinstance(refused, ExistingBilled)
    dearer.refresh_from_db()
    assert dearer.state == "draft"


def test_a_month_waits_for_the_version_that_is_being_published_and_is_drafted_again(
    acme: Customer, dearer: PlanVersion
) -> None:
    at = acme.story.at
    published, refused = while_open(
        lambda: publishing.publish(version=dearer, at=at, **DONE),
        lambda: invoices.issue(invoice_ids=[acme.invoice.pk], at=at, **DONE),
    )
    assert published.version.state == "published"
    assert isinstance(refused, invoices.DraftOutdated)
    acme.story.runs_billing()
    assert [(each.state, each.total_minor) for each in acme.invoices] == [("issued", 1200)]


def test_a_first_subscription_begun_beside_a_publication_was_billed_at_the_old_price(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has the plan when the publication looks; Acme subscribes while it waits for the plan,
    and a run bills Acme's March while it is being weighed."""
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    dearer = plans.draft_version(
        plan=plan,
        effective_from=instant("2026-03-01"),
        existing_from=date(2026, 3, 1),
        prices=[flat("12.00")],
        **DONE,
    )
    at = story.on("2026-04-02").at
    billing: list[Any] = []

    def weighs(version: PlanVersion) -> None:
        require_unbilled(version)
        billing.append(begun(story.runs_billing))

    monkeypatch.setattr(publishing, "require_unbilled", weighs)
    _, published = while_open(
        lambda: subscriptions.start(
            account=acme.account, plan=plan, at=instant("2026-03-01"), **DONE
        ),
        lambda: publishing.publish(version=dearer, at=at, **DONE),
    )
    assert published.version.state == "published"
    billing[-1]()
    assert [each.total_minor for each in acme.invoices] == [1200]


def test_two_bill_runs_and_one_who_issues_leave_one_invoice(acme: Customer) -> None:
    """Whoever issues takes the account first, as a run does; so neither waits for ever."""
    at = acme.story.at
    issued, run = while_open(
        lambda: invoices.issue(invoice_ids=[acme.invoice.pk], at=at, **DONE),
        acme.story.runs_billing,
    )
    assert [each.number for each in issued] == ["CF-00000001"]
    assert [item.state for item in run.items.all()] in ([], ["unchanged"])
    assert [(each.state, each.total_minor) for each in acme.invoices] == [("issued", 1000)]
