"""A one-off invoice on screen: typed by finance, issued by another, seen before it is done."""

from __future__ import annotations

from accounts.permissions import Role
from billing.invoicing.models import Invoice
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform

LINE = {
    "line0-description": "Migration",
    "line0-quantity": "12",
    "line0-unit_price": "95.00",
    "reason": "Order 17",
}


def prepared(platform: Platform) -> Invoice:
    client = client_of(person("fin", Role.FINANCE_ADMIN))
    answer = client.post(f"/accounts/{platform.acme.account.public_id}/one-off/", LINE)
    assert answer.status_code == 302, answer.content.decode()
    return Invoice.objects.get(kind=Invoice.Kind.ONE_OFF)


def test_finance_types_one_and_somebody_else_issues_it(platform: Platform) -> None:
    draft = prepared(platform)
    client = client_of(person("app", Role.FINANCE_APPROVER))
    page = client.get(f"/invoices/{draft.public_id}/issue/")
    assert "1,140.00" in page.content.decode()
    seen = page.context["sees"].digest

    answer = client.post(
        f"/invoices/{draft.public_id}/issue/", {"seen": seen, "reason": "As ordered"}
    )

    draft.refresh_from_db()
    assert answer.status_code == 302
    assert (draft.state, draft.total_minor) == ("issued", 1140_00)
    assert draft.one_off.approved_by != draft.one_off.prepared_by


def test_an_effect_that_was_not_seen_is_refused(platform: Platform) -> None:
    draft = prepared(platform)
    client = client_of(person("app", Role.FINANCE_APPROVER))

    answer = client.post(
        f"/invoices/{draft.public_id}/issue/", {"seen": "0" * 64, "reason": "As ordered"}
    )

    draft.refresh_from_db()
    assert answer.status_code == 409
    assert draft.is_draft


def test_the_page_of_a_prepared_one_says_who_may_issue_it(platform: Platform) -> None:
    draft = prepared(platform)

    page = client_of(person("app", Role.FINANCE_APPROVER)).get(f"/invoices/{draft.public_id}/")

    assert "Issue, by somebody other than" in page.content.decode()


def test_it_is_discarded_with_a_reason(platform: Platform) -> None:
    draft = prepared(platform)
    client = client_of(person("fin2", Role.FINANCE_ADMIN))

    client.post(f"/invoices/{draft.public_id}/discard/", {"reason": ""})
    assert Invoice.objects.filter(pk=draft.pk).exists()
    client.post(f"/invoices/{draft.public_id}/discard/", {"reason": "Typed twice"})

    assert not Invoice.objects.filter(pk=draft.pk).exists()


def test_bad_input_names_the_field_and_saves_nothing(platform: Platform) -> None:
    client = client_of(person("fin", Role.FINANCE_ADMIN))
    url = f"/accounts/{platform.acme.account.public_id}/one-off/"

    for wrong in ({"line0-quantity": "NaN"}, {"line0-quantity": "-1"}, {"reason": " "}):
        answer = client.post(url, LINE | wrong)
        assert answer.status_code == 422
    nothing = client.post(url, {"reason": "Order 17"})

    assert nothing.status_code == 422
    assert not Invoice.objects.filter(kind=Invoice.Kind.ONE_OFF).exists()


def test_support_types_no_invoice(platform: Platform) -> None:
    client = client_of(person("sup", Role.SUPPORT))
    url = f"/accounts/{platform.acme.account.public_id}/one-off/"

    assert client.get(url).status_code == 403
    assert client.post(url, LINE).status_code == 403
