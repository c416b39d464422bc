"""The platform of tests.console.platform, and people who look at it in their browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_django
import time_machine
from django.test import Client

from accounts.models import User
from accounts.permissions import Role
from billing.catalogue.models import Plan, Price
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from tests.browsers import Browser, TwoPeople
from tests.cast import person
from tests.console.platform import NOW, Platform, build
from tests.made_once import made_once
from tests.people import ADA
from tests.story import LONG_AGO, WHY


@pytest.fixture(scope="module")
def _platform(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Platform]:
    """The platform, built once for all tests of a module."""
    with made_once(django_db_blocker, NOW):
        yield build()


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """Noon of 12 May 2026, for whoever reads the clock."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def platform(_platform: Platform, db: None) -> Platform:
    """The platform; what a test changes is undone after it."""
    return _platform


def client_of(user: User) -> Browser:
    """A browser somebody has signed in with."""
    client = Browser()
    client.force_login(user)
    return client


@pytest.fixture
def senior(platform: Platform) -> Client:
    """Sena of senior support: reads billing in full."""
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.fixture
def fay(platform: Platform) -> Browser:
    """Fay, who administers finance: proposes changes of the catalogue."""
    return client_of(person("fay", Role.FINANCE_ADMIN))


@pytest.fixture
def two(platform: Platform) -> TwoPeople:
    """Ulla, who administers finance and puts forward, with Farid, who approves it at once."""
    client = TwoPeople()
    client.force_login(person("ulla", Role.FINANCE_ADMIN))
    client.colleague = person("farid", Role.FINANCE_APPROVER)
    return client


@pytest.fixture
def draft_price(platform: Platform) -> Price:
    """A price of a version that is not published yet."""
    version = plans.draft_version(
        plan=Plan.objects.get(),
        effective_from=LONG_AGO,
        prices=[PriceTerms("seat", "Seat", {"model": "flat", "amount": "5"})],
        by=ADA,
        reason=WHY,
    )
    return version.prices.get()


@pytest.fixture
def support(platform: Platform, sam: User) -> Client:
    """Sam of support: reads billing, personal data hidden."""
    return client_of(sam)


@pytest.fixture
def operator(platform: Platform) -> Client:
    """Otis, who operates the platform: sees how many, not whose."""
    return client_of(person("otis", Role.OPERATOR))
