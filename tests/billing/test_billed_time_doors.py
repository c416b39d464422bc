"""The records under /admin name the date that reaches into billed time, and the first possible."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.permissions import Role
from tests.billing.prices import flat
from tests.browsers import Browser
from tests.cast import PASSWORD, person
from tests.story import Customer, Story

WHEN = ("2026-04-15", "12:00:00")


@pytest.fixture
def acme(story: Story) -> Customer:
    """An account whose March and April are issued."""
    acme = story.on("2026-03-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(story.plan("base", flat("5.00")))
    story.on("2026-05-02").runs_billing()
    return acme


def profile(acme: Customer) -> dict[str, object]:
    return {
        "account": acme.account.pk,
        "legal_name": "Acme SE",
        "language": "en",
        "zone": "UTC",
        "terms_days": "14",
    }


def payer(acme: Customer) -> dict[str, object]:
    return {"account": acme.account.pk, "payer": acme.story.account("Parent").account.pk}


def owner(acme: Customer) -> dict[str, object]:
    resource = acme.account.ownerships.get().resource
    return {"resource": resource.pk, "account": acme.story.account("Globex").account.pk}


def subscription(acme: Customer) -> dict[str, object]:
    plan = acme.story.plan("more", flat("1.00"))
    return {"account": acme.account.pk, "plan": plan.pk}


def ending(acme: Customer) -> dict[str, object]:
    return {}


@pytest.mark.parametrize(
    ("model", "said", "field"),
    [
        ("accounts_billingprofile", profile, "valid_from"),
        ("accounts_payerassignment", payer, "paid_from"),
        ("accounts_resourceownership", owner, "owned_from"),
        ("contracts_subscription", subscription, "started_at"),
        ("contracts_subscription", ending, "ended_at"),
    ],
)
def test_the_date_is_named_with_the_first_possible_one(
    acme: Customer, model: str, said: Callable[[Customer], dict[str, object]], field: str
) -> None:
    person("pat", Role.SENIOR_SUPPORT)
    keeper = Browser()
    assert keeper.login(username="pat", password=PASSWORD)
    pk = acme.account.subscriptions.get().pk
    page = ("change", [pk]) if said is ending else ("add", [])
    day, time = WHEN
    response = keeper.post(
        reverse(f"admin:{model}_{page[0]}", args=page[1]),
        said(acme) | {f"{field}_0": day, f"{field}_1": time, "reason": "Agreed by phone"},
    )
    assert response.status_code == 200, response.headers.get("Location")
    assert response.context["adminform"].form.errors == {
        field: [
            "2026-04-15 12:00 UTC lies before what is billed. The first possible instant is "
            "2026-05-01 00:00:00 UTC. Nothing was saved."
        ]
    }
