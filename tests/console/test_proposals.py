"""Putting a correction forward and deciding it, in the console."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.permissions import Role
from approvals.models import Decision, Proposal
from billing.invoicing.models import CreditNote, InvoiceVoid
from billing.receivables.models import Settlement
from billing.receivables.operations import payments, settling
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.open_items import open_item
from core.clock import now
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.people import ADA
from tests.story import WHY

SEEN = re.compile(r'name="seen" value="([0-9a-f]{64})"')


@pytest.fixture
def finance(ada: User) -> Client:
    """Ada, who approves in finance."""
    return client_of(ada)


def path(platform: Platform, wanted: str) -> str:
    return f"/invoices/{platform.invoice.public_id}/propose/{wanted}/"


def seen_on(answer: Any) -> str:
    found = SEEN.search(answer.content.decode())
    assert found is not None
    return found.group(1)


def credit(platform: Platform, amount: str, **more: str) -> dict[str, str]:
    """The form of a credit note for the first charge."""
    line = platform.invoice.lines.order_by("position")[0]
    return {
        "charge_0": line.key, "way_0": "amount", "value_0": amount, "refund": "",
        "reason_code": "billing_error", "ticket": "T-7", "reason": WHY, **more,
    }  # fmt: skip


def put_forward(client: Client, url: str, form: dict[str, str]) -> Proposal:
    """See what it would do, then put it forward."""
    shown = client.post(url, form)
    assert shown.status_code == 200, shown.content.decode()
    done = client.post(url, form | {"seen": seen_on(shown), "put_forward": "1"})
    assert done.status_code == 302, done.content.decode()
    return Proposal.objects.get(public_id=done.headers["Location"].split("/")[2])


def decides(client: Client, proposal: Proposal, do: str, why: str = "", seen: str = "") -> Any:
    return client.post(
        f"/proposals/{proposal.public_id}/", {"seen": seen or proposal.seal, "do": do, "why": why}
    )


def test_a_credit_note_is_seen_put_forward_and_let_happen(
    platform: Platform, senior: Client, finance: Client
) -> None:
    url, form = path(platform, "credit-note"), credit(platform, "5.00")
    shown = senior.post(url, form).content.decode()
    assert "−$5.00" in shown
    assert "<span>Put <data" in shown
    assert not Proposal.objects.exists()

    proposal = put_forward(senior, url, form)
    assert not CreditNote.objects.filter(total_minor__gt=0).exists()
    page = finance.get(f"/proposals/{proposal.public_id}/").content.decode()
    assert 'value="approve"' in page
    listed = finance.get("/proposals/").content.decode()
    assert proposal.public_id in listed
    assert f'href="/invoices/{platform.invoice.number}/"' in listed

    assert decides(finance, proposal, "approve").status_code == 302
    note = CreditNote.objects.get(total_minor__gt=0)
    after = finance.get(f"/proposals/{proposal.public_id}/").content.decode()
    assert note.public_id in after
    assert 'value="approve"' not in after
    assert "Carried out" in senior.get(f"/invoices/{platform.invoice.number}/").content.decode()


def test_what_was_not_seen_is_shown_first(platform: Platform, senior: Client) -> None:
    url = path(platform, "credit-note")
    seen = seen_on(senior.post(url, credit(platform, "5.00")))
    again = senior.post(url, credit(platform, "6.00") | {"seen": seen, "put_forward": "1"})
    assert again.status_code == 200
    assert "−$6.00" in again.content.decode()
    assert not Proposal.objects.exists()


def test_ones_own_has_no_button_and_no_door(platform: Platform, senior: Client) -> None:
    proposal = put_forward(senior, path(platform, "write-off"), write_off())
    page = senior.get(f"/proposals/{proposal.public_id}/").content.decode()
    assert 'value="approve"' not in page
    assert "You put it forward" in page
    assert decides(senior, proposal, "approve").status_code == 403
    assert decides(senior, proposal, "reject", why=WHY).status_code == 403
    assert not Decision.objects.exists()
    assert decides(senior, proposal, "withdraw", why=WHY).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == "withdrawn"


def write_off(amount: str = "") -> dict[str, str]:
    return {"amount": amount, "reason_code": "uncollectible", "ticket": "", "reason": WHY}


def test_a_reader_sees_all_of_it_and_is_told_who_decides(
    platform: Platform, senior: Client, support: Client
) -> None:
    proposal = put_forward(senior, path(platform, "write-off"), write_off())
    page = support.get(f"/proposals/{proposal.public_id}/").content.decode()
    assert "This needs the role finance approver." in page
    assert decides(support, proposal, "approve").status_code == 403
    assert client_of(person("otis", Role.OPERATOR)).get("/proposals/").status_code == 403


def test_what_changed_is_shown_and_not_done(
    platform: Platform, senior: Client, finance: Client
) -> None:
    proposal = put_forward(senior, path(platform, "write-off"), write_off())
    pays(platform, 1_000)
    answer = decides(finance, proposal, "approve")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Changed since you looked." in page
    assert "The difference" in page
    assert not Settlement.objects.filter(kind="write_off").exists()
    stale = decides(finance, proposal, "approve")
    assert stale.status_code == 409
    assert "You saw" in stale.content.decode()
    proposal.refresh_from_db()
    assert decides(finance, proposal, "approve").status_code == 302
    assert open_item(platform.invoice, at=now()).open_minor == 0


def pays(platform: Platform, minor: int) -> None:
    invoice, recorded = platform.invoice, Recorded(now(), ADA, WHY)
    report = Report("bank", "row-1", invoice.currency, minor, now())
    payment = payments.record(payer=invoice.payer, report=report, recorded=recorded)
    settling.allocate(source=payment, amounts={invoice: minor}, recorded=recorded)


def test_a_rejection_says_why(platform: Platform, senior: Client, finance: Client) -> None:
    proposal = put_forward(senior, path(platform, "void"), void())
    silent = decides(finance, proposal, "reject", why=" ")
    assert (silent.status_code, "Say why." in silent.content.decode()) == (422, True)
    assert decides(finance, proposal, "reject", why="The charge is right").status_code == 302
    assert "The charge is right" in senior.get(f"/proposals/{proposal.public_id}/").content.decode()
    assert not InvoiceVoid.objects.exists()


def void() -> dict[str, str]:
    return {"reason_code": "billing_error", "ticket": "", "reason": WHY}


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        ("credit-note", {}),
        ("credit-note", {"value_0": "nothing"}),
        ("credit-note", {"value_0": "99999999"}),
        ("credit-note", {"reason": "\u200b"}),
        ("credit-note", {"reason_code": "whim"}),
        ("write-off", {"amount": "-1"}),
        ("write-off", {"amount": "1.001"}),
        ("refund", {"source": "pay_nothing", "amount": "1"}),
        ("recovery", {"payment": "", "amount": "1"}),
    ],
)
def test_bad_input_is_named_and_keeps_nothing(
    platform: Platform, senior: Client, wanted: str, form: dict[str, str]
) -> None:
    said = credit(platform, "5.00") | write_off() | {"reason_code": "billing_error"} | form
    if not form:
        said = {}
    answer = senior.post(path(platform, wanted), said)
    assert answer.status_code in (200, 422)
    assert 'role="alert"' in answer.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    [
        "credit-note",
        "name",
        "refund",
        "void",
        "void-and-reissue",
        "write-off",
        "recovery",
        "adjustment",
        "adjustment-undone",
    ],
)
def test_every_form_opens_for_whoever_may(
    platform: Platform, senior: Client, finance: Client, wanted: str
) -> None:
    assert senior.get(path(platform, wanted)).status_code == 200
    assert finance.get(path(platform, wanted)).status_code == 403


def test_an_adjustment_is_put_forward(platform: Platform, senior: Client) -> None:
    form = {
        "way": "give", "amount": "3.00", "description": "Slow in April",
        "reason_code": "goodwill", "ticket": "", "reason": WHY,
    }  # fmt: skip
    proposal = put_forward(senior, path(platform, "adjustment"), form)
    assert "Slow in April" in senior.get(f"/proposals/{proposal.public_id}/").content.decode()


def test_a_token_is_shown_once_and_ended(platform: Platform, senior: Client) -> None:
    made = senior.post("/tokens/", {"label": "script"}).content.decode()
    assert "cfp_" in made
    page = senior.get("/tokens/").content.decode()
    assert "cfp_" not in page
    (ref,) = re.findall(r'name="end" value="(ptk_\w+)"', page)
    assert client_of(person("otto", Role.SUPPORT)).post("/tokens/", {"end": ref}).status_code == 404
    assert senior.post("/tokens/", {"end": ref}).status_code == 302
    assert "You have no token." in senior.get("/tokens/").content.decode()


def test_a_form_nobody_knows_is_not_found(platform: Platform, senior: Client) -> None:
    assert senior.get(path(platform, "present")).status_code == 404


def test_a_charge_more_can_be_added(platform: Platform, senior: Client) -> None:
    form = credit(platform, "5.00") | {"add": "1"}
    page = senior.post(path(platform, "credit-note"), form).content.decode()
    assert 'name="charge_1"' in page
    assert 'value="5.00"' in page
    assert 'role="alert"' not in page


def test_an_action_that_is_off_says_why(platform: Platform, senior: Client) -> None:
    page = senior.get(f"/invoices/{platform.invoice.number}/").content.decode()
    assert "Refund: Nothing was paid." in page
    assert "/propose/credit-note/" in page


def test_the_page_of_a_proposal_costs_the_same_however_much_was_said(
    platform: Platform, senior: Client, finance: Client, django_assert_num_queries: Any
) -> None:
    proposal = put_forward(senior, path(platform, "write-off"), write_off())
    finance.get("/")
    with django_assert_num_queries(14):
        finance.get(f"/proposals/{proposal.public_id}/")
    pays(platform, 1_000)
    decides(finance, proposal, "approve")
    # Whoever said something is asked for the roles they hold now.
    with django_assert_num_queries(15):
        finance.get(f"/proposals/{proposal.public_id}/")
