"""Every record of usage is in the admin, and facts there are only looked at."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.permissions import Role
from tests.browsers import Browser
from tests.cast import PASSWORD, person
from tests.usage.world import World, event, meter
from usage.models import Event, Meter, Source, UsagePeriod

MODELS = [
    model
    for model in apps.get_app_config("usage").get_models()
    if not model.__name__.startswith("Historical")
]


def signed_in(*roles: Role) -> Client:
    client = Browser()
    person("pat", *roles)
    assert client.login(username="pat", password=PASSWORD)
    return client


def url(model: type[object], page: str, *arguments: object) -> str:
    return reverse(f"admin:usage_{model.__name__.lower()}_{page}", args=arguments)


@pytest.fixture
def used(world: World) -> World:
    meter("requests")
    world.uses("requests", ("2026-05-10", "5"))
    world.sends(event("unheard.of", "2026-05-10", id="x-1"))
    return world


def test_every_model_of_usage_is_registered():
    assert set(MODELS) <= set(admin.site._registry)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_support_opens_every_list_and_adds_nothing(used: World, model: type[object]):
    client = signed_in(Role.SUPPORT)
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "add")).status_code == 403


def test_an_operator_has_no_business_with_usage(used: World):
    assert signed_in(Role.OPERATOR).get(url(Event, "changelist")).status_code == 403


def test_one_event_is_found_by_its_key_though_its_table_is_in_parts(used: World):
    client, sent = signed_in(Role.SUPPORT), Event.objects.get()
    page = client.get(url(Event, "change", sent.key))
    assert b"requests-1" in page.content
    found = client.get(url(Event, "changelist"), {"q": str(sent.key)})
    assert b"requests-1" in found.content
    assert b"requests-1" not in client.get(url(Event, "changelist"), {"q": "nonsense"}).content


def test_a_source_is_given_more_time_with_a_reason(used: World):
    client, source = signed_in(Role.OPERATOR), Source.objects.get(name="router/us-1")
    said = {"max_late": "90 00:00:00", "max_early": "0:05:00", "reason": "Slow uplink"}
    client.post(url(Source, "change", source.pk), said)
    source.refresh_from_db()
    assert source.max_late.days == 90
    assert source.history.latest().history_change_reason == "Slow uplink"


def test_a_meter_is_renamed_and_nothing_else(used: World):
    client, requests = signed_in(Role.FINANCE_ADMIN), Meter.objects.get()
    said = {"name": "Router requests", "code": "other", "reason": "Clearer"}
    client.post(url(Meter, "change", requests.pk), said)
    requests.refresh_from_db()
    assert (requests.name, requests.code) == ("Router requests", "requests")


def test_a_kept_period_of_many_apps_is_a_small_page(used: World):
    """All of its lists were printed, half a megabyte for ten thousand apps."""
    many = range(1, 10_001)
    period = UsagePeriod.objects.create(
        account=used.account,
        day_from=date(2026, 5, 1),
        day_until=date(2026, 6, 1),
        **{key: list(many) for key in ("meter_ids", "resource_ids", "dimension_set_ids")},
        **{key: list(many) for key in ("totals", "least", "most", "event_counts")},
        **dict.fromkeys(("moments", "states"), [None] * len(many)),
    )
    page = signed_in(Role.SUPPORT).get(url(UsagePeriod, "change", period.pk))
    assert b"10,000" in page.content
    assert b"meter 50, resource 50, dimensions 50: 50 of 50 events" in page.content
    assert len(page.content) < 80_000
