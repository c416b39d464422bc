"""A small platform with one finished month and half of the next, seen on 12 May 2026 at noon.

Acme runs one app: one standard-2x dyno from 1 April, three from 16 April on, and requests in
tiers. Globex cannot be billed: it runs a size nobody priced. One event waits in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import pytest_django
import time_machine
from django.db import transaction
from django.test import Client

from accounts.models import Resource, User
from accounts.permissions import Role
from billing.models import BillRun, Invoice, PlanVersion
from billing.operations.catalogue import PriceTerms
from tests.billing.prices import dyno_month, flat
from tests.cast import person
from tests.story import Customer, Story

NOW = "2026-05-12T12:00:00+00:00"


@dataclass
class Platform:
    """What the tests look at."""

    story: Story
    acme: Customer
    globex: Customer
    app: Resource
    run: BillRun

    @property
    def invoice(self) -> Invoice:
        """Acme's invoice of April."""
        return self.acme.invoice

    @property
    def version(self) -> PlanVersion:
        """The version everybody is on."""
        return PlanVersion.objects.get()


@pytest.fixture(scope="module")
def _platform(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Platform]:
    """The platform of this module's first lines, built once for all tests of a module.

    It lives in a transaction of its own that every test's transaction nests in.
    """
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False):
        around = transaction.atomic()
        around._from_testcase = True  # type: ignore[attr-defined]  # operations may nest in it
        with around:
            yield _build()
            transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """Noon of 12 May 2026, for whoever reads the clock."""
    with time_machine.travel(NOW, tick=False):
        yield


def _build() -> Platform:
    story = Story()
    dynos = story.meter(
        "dyno-seconds",
        name="Dyno time",
        unit="dyno-seconds",
        aggregation="duration",
        event_type="formation.scaled",
        dimensions=("size",),
        presentation=("process_type",),
        state_key=("process_type",),
    )
    requests = story.meter(
        "requests", name="Router requests", unit="requests", event_type="router.requests"
    )
    tiers = {
        "model": "graduated",
        "unit": "million requests",
        "convert": {"divide_by": "1000000"},
        "tiers": [{"up_to": "1", "unit_price": "0"}, {"unit_price": "0.40"}],
    }
    plan = story.plan(
        "standard",
        dyno_month(dynos, "standard-2x", "50.00"),
        PriceTerms("requests", "Router requests", tiers, requests),
        flat("10.00"),
    )
    story.on("2026-04-01")
    acme, globex = story.account("Acme"), story.account("Globex")
    app = acme.app("acme-web")
    globex.app("globex-web")
    acme.subscribes(plan)
    globex.subscribes(plan)
    story.on("2026-05-12T11:00")
    acme.scales("acme-web", "standard-2x", "1", at="2026-04-01T00:00")
    acme.scales("acme-web", "standard-2x", "3", at="2026-04-16T00:00")
    acme.uses("router.requests", "acme-web", "2026-04-10T09:30", quantity="2500001")
    acme.uses("router.requests", "acme-web", "2026-05-02T09:30", quantity="400000")
    acme.uses("dyno.hibernated", "acme-web", "2026-04-10T09:30", quantity="1")
    globex.scales("globex-web", "huge", "1", at="2026-04-03T00:00")
    run = story.runs_billing()
    return Platform(story, acme, globex, app, run)


@pytest.fixture
def platform(_platform: Platform, db: None) -> Platform:
    """The platform; what a test changes is undone after it."""
    return _platform


def client_of(user: User) -> Client:
    """A browser somebody has signed in with."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def senior(platform: Platform) -> Client:
    """Sena of senior support: reads billing in full."""
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.fixture
def support(platform: Platform, sam: User) -> Client:
    """Sam of support: reads billing, personal data hidden."""
    return client_of(sam)


@pytest.fixture
def operator(platform: Platform) -> Client:
    """Otis, who operates the platform: sees how many, not whose."""
    return client_of(person("otis", Role.OPERATOR))
