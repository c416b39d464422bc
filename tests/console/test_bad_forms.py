"""Forms sent as no browser would: what is wrong stands beside its field, and nothing is a 500."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.permissions import Role
from billing.catalogue.models import Plan, Price
from billing.contracts.models import Subscription
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.records import errors_of, send_price
from tests.story import WHY

EDGES = ("0001-01-01", "1999-12-31", "9000-01-01", "9999-12-31", "10000-01-01", "0000-00-00")
ODD = ("a\0b", '{"\\ud800": "\\u0000"}', "[[]]", "9" * 400, "1e999999", "٣" + "x" * 5_000)
ROLES = (Role.SENIOR_SUPPORT, Role.FINANCE_ADMIN, Role.OPERATOR)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("match", '["size"]'),
        ("match", '"size"'),
        ("match", "5"),
        ("match", "true"),
        ("match", '{"size": 1}'),
        ("match", '{"size": ["a"]}'),
        ("match", '{"size": null}'),
        ("match", '{"size": "a\\u0000"}'),
        ("match", '{"a": "b", "a": "c"}'),
        ("group_by", '{"resource": 1}'),
        ("group_by", '"resource"'),
        ("group_by", "[1]"),
        ("group_by", "[null]"),
        ("group_by", '[["resource"]]'),
        ("group_by", '["resource", "resource"]'),
        ("group_by", '[""]'),
        ("definition", "[]"),
        ("definition", '"flat"'),
        ("definition", "7"),
        ("definition", '{"model": "flat", "amount": NaN}'),
        ("definition", '{"model": "flat", "amount": "5", "note": "\\ud800"}'),
    ],
)
def test_a_part_of_a_price_of_the_wrong_shape_is_refused_beside_it(
    fay: Browser, draft_price: Price, field: str, wrong: str
):
    before = draft_price.match, draft_price.group_by, draft_price.definition
    assert field in errors_of(send_price(fay, draft_price, {field: wrong}))
    draft_price.refresh_from_db()
    assert (draft_price.match, draft_price.group_by, draft_price.definition) == before


def test_a_price_typed_with_a_point_is_kept_exactly(fay: Browser, draft_price: Price):
    document = '{"model": "flat", "amount": 0.10000000000000000001}'
    assert send_price(fay, draft_price, {"definition": document}).status_code in (200, 302)
    document = '{"model": "flat", "amount": 0.10}'
    assert send_price(fay, draft_price, {"definition": document}).status_code == 302
    draft_price.refresh_from_db()
    assert draft_price.definition["amount"] in ("0.10", "0.1")


class TestAnEndBeforeItsStart:
    def test_of_a_new_subscription(self, senior: Browser, platform: Platform):
        before = Subscription.objects.count()
        answer = senior.post(
            reverse("admin:contracts_subscription_add"),
            {
                "account": platform.acme.account.pk,
                "plan": Plan.objects.get().pk,
                "started_at_0": "2026-05-02",
                "started_at_1": "00:00",
                "ended_at_0": "2026-05-01",
                "ended_at_1": "00:00",
                "reason": WHY,
            },
        )
        assert errors_of(answer)
        assert Subscription.objects.count() == before

    def test_of_one_that_runs(self, senior: Browser, platform: Platform):
        running = Subscription.objects.order_by("pk").filter(ended_at=None)[0]
        for day in ("2000-01-01", running.started_at.date().isoformat()):
            answer = senior.post(
                reverse("admin:contracts_subscription_change", args=[running.pk]),
                {"ended_at_0": day, "ended_at_1": "00:00", "reason": WHY},
            )
            assert errors_of(answer)
        running.refresh_from_db()
        assert running.ended_at is None

    def test_of_a_credential(self, platform: Platform):
        from tests.cast import partner

        answer = client_of(person("operator", Role.OPERATOR)).post(
            reverse("admin:accounts_partnercredential_add"),
            {
                "partner": partner("Late Inc").pk,
                "label": "prod",
                "scopes": ["usage:write"],
                "expires_at_0": "2001-01-01",
                "expires_at_1": "00:00",
                "reason": WHY,
            },
        )
        assert errors_of(answer)


def forms_of(browser: Client) -> list[tuple[str, dict[str, Any]]]:
    """The forms of the records this person may fill in, with what each shows at first."""
    found = []
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"admin:{name}_add")]
        row = model._default_manager.order_by("pk").last()
        if row is not None:
            addresses.append(reverse(f"admin:{name}_change", args=[row.pk]))
        for address in addresses:
            page = browser.get(address)
            context = page.context if page.status_code == 200 else None
            if context and b'name="reason"' in page.content:
                found.append((address, _shown(context["adminform"].form)))
    return found


def _shown(form: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"reason": WHY}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field, "fields"):  # a day and a time
            said |= {f"{bound.name}_0": "2026-05-01", f"{bound.name}_1": "00:00"}
        elif bound.name != "reason":
            said[bound.name] = "" if value is None else value
    return said


def test_no_field_of_a_record_s_form_breaks_the_page(platform: Platform, draft_price: Price):
    tried = set()
    for role in ROLES:
        browser = client_of(person(role.value, role))
        forms = forms_of(browser)
        assert forms, role
        for address, said in forms:
            # A form that another role was shown with the same fields is the same form.
            if (address, *said) not in tried:
                tried.add((address, *said))
                send_odd(browser, address, said)


def send_odd(browser: Browser, address: str, said: dict[str, Any]) -> None:
    for name in said:
        wrong = EDGES[::3] if name.endswith("_0") else ODD
        for value in wrong:
            answer = browser.post(address, said | {name: value})
            assert answer.status_code in (200, 302, 403, 409), (address, name, value)


@pytest.mark.parametrize(
    "path",
    [
        "/usage/events/?on={}",
        "/admin/accounts/account/?opened_at__gte={}",
        "/admin/invoicing/billrun/?as_of__lt={}",
    ],
)
@pytest.mark.parametrize("edge", EDGES)
def test_BL13_a_filter_at_the_end_of_the_calendar_is_answered(
    senior: Browser, path: str, edge: str, platform: Platform
):
    answer = senior.get(path.format(edge))
    assert answer.status_code in ((422,) if "events" in path else (200, 302, 400))
    if answer.status_code == 422:
        assert "in the years 2000 to 8999" in answer.content.decode() or "is not a day" in (
            answer.content.decode()
        )


@pytest.mark.parametrize("edge", EDGES)
def test_a_day_at_the_end_of_the_calendar_is_refused_beside_its_field(
    fay: Browser, edge: str, platform: Platform
):
    version = platform.version.public_id
    sent = {
        f"/catalogue/versions/{version}/draft/": {
            "effective_from": f"{edge}T00:00", "existing_from": edge, "reason": WHY,
        },
        "/catalogue/simulations/back-test/": {
            "version": version, "month": edge[:7], "reason": WHY,
        },
        "/catalogue/simulations/blast-radius/?kind=window": {
            "meter": "requests", "start": f"{edge}T00:00", "end": f"{edge}T00:01", "reason": WHY,
        },
        "/catalogue/simulations/blast-radius/?kind=usage": {
            "first": edge, "last": edge, "reason": WHY,
        },
        "/catalogue/meters/requests/version/": {"effective_from": f"{edge}T00:00", "reason": WHY},
        "/catalogue/meters/requests/retire/": {"effective_until": f"{edge}T00:00", "reason": WHY},
        "/usage/backfills/+new/": {
            "source": "router/us-1", "occurred_from": f"{edge}T00:00",
            "occurred_until": f"{edge}T01:00", "reason": WHY,
        },
    }  # fmt: skip
    for address, said in sent.items():
        answer = fay.post(address, said)
        assert answer.status_code in (200, 403, 422), address
