"""A whole e-mail, a pasted list, a prefix, a command: what the search makes of them."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.permissions import Role
from billing.overview.queries.search_passages import MOST, PHRASES, read_passage
from console.shell.commands import commands_for
from core.actor import in_request
from core.ids import instant_of, new_id
from tests.cast import person
from tests.console.platform import NOW, Platform
from tests.console.test_invoice_page import words
from tests.console.test_search_page import bill_to
from tests.story import instant

LETTER = """Hello,

we at Acme got your invoice CF-00000001 over $110.60 and do not understand the
100,00 USD for acme-web. Nobody here knows globex-web at all.

Kind regards, till@roadrunner.example
"""


def test_a_whole_letter_finds_what_it_names(platform: Platform, support: Client) -> None:
    bill_to(platform, legal_name="Roadrunner", email="till@roadrunner.example", tax="")

    answer = support.post("/search/", {"q": LETTER})

    page = words(answer.content)
    assert answer.status_code == 200
    assert "Accounts named in it Acme Team" in page
    assert "Invoices named in it CF-00000001 Acme" in page
    assert "Apps and add-ons named in it acme-web App of Acme" in page
    assert "globex-web App of Globex" in page
    assert "Invoices of exactly these totals CF-00000001 Acme" in page
    assert "Lines of exactly these amounts Dyno · standard-2x" in page


def test_amounts_are_looked_for_in_the_accounts_a_letter_names(
    platform: Platform, support: Client
) -> None:
    page = words(support.post("/search/", {"q": "Globex\nwas billed $110.60\n"}).content)

    assert "Accounts named in it Globex" in page
    assert "CF-00000001" not in page


def test_a_list_of_ids_and_numbers_finds_each(platform: Platform, support: Client) -> None:
    case = platform.acme.account.disputes.get()
    listed = f"{platform.invoice.number}, {platform.globex.account.public_id} {case.number}"

    page = words(support.get("/search/", {"q": listed}).content)

    assert "Accounts named in it Globex" in page
    assert "Invoices named in it CF-00000001 Acme" in page
    assert "Disputes named in it DSP-" in page


def test_a_short_question_becomes_an_address_and_a_long_one_does_not(
    platform: Platform, support: Client
) -> None:
    short = support.post("/search/", {"q": "acme web"})
    long = support.post("/search/", {"q": LETTER})

    assert short.headers["Location"] == "/search/?q=acme+web"
    assert long.status_code == 200


def test_a_text_with_control_characters_is_read_without_them(
    platform: Platform, support: Client
) -> None:
    assert support.post("/search/", {"q": "Ac\x07me\n" * 3}).status_code == 200


def test_a_long_letter_costs_as_many_questions_as_a_short_one(
    platform: Platform, support: Client, django_assert_max_num_queries: object
) -> None:
    many = "\n".join(f"{LETTER} app-{number} CF-{number} $1.{number:02}" for number in range(500))
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        assert support.post("/search/", {"q": many}).status_code == 200


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("$77.50", ["77.50"]),
        ("77,50 €", ["77.50"]),
        ("it was 1,204.00 in all", ["1204.00"]),
        ("in 2026 we ran 3 dynos", []),
        ("USD 300", ["300"]),
        ("version 1.2.3 of 10.0.0.1", []),
    ],
)
def test_amounts_are_told_from_other_figures(text: str, amounts: list[str]) -> None:
    assert [str(each) for each in read_passage(text).amounts] == amounts


@given(st.text(max_size=3_000))
def test_reading_is_bounded_whatever_the_text(text: str) -> None:
    read = read_passage(text)

    assert len(read.ids) <= MOST
    assert len(read.phrases) <= PHRASES
    assert all(each.is_finite() for each in read.amounts)


# Ids of every kind, requests, prefixes


def test_a_dispute_is_found_by_its_number_and_each_of_its_ids(
    platform: Platform, support: Client
) -> None:
    case = platform.acme.account.disputes.get()
    line, message = case.lines.get(), case.messages.earliest("sent_at")

    for text in (
        case.number,
        case.number.lower(),
        case.public_id,
        line.public_id,
        message.public_id,
    ):
        answer = support.get("/search/", {"q": text})
        assert answer.headers["Location"] == f"/disputes/{case.public_id}/", text


def test_a_payment_is_found_by_its_id(platform: Platform, support: Client) -> None:
    payment = platform.globex.account.payments.first()
    assert payment is not None

    answer = support.get("/search/", {"q": payment.public_id})

    assert answer.headers["Location"] == f"/finance/payments/{payment.public_id}/"


def test_a_request_is_found_by_its_id(platform: Platform, support: Client) -> None:
    request_id = new_id("req")
    with in_request(request_id):
        bill_to(platform, legal_name="Acme Two", email="", tax="")

    answer = support.get("/search/", {"q": request_id})

    account = platform.acme.account.public_id
    assert answer.headers["Location"] == f"/accounts/{account}/history/"


def test_an_id_tells_when_it_was_made_and_none_is_out_of_time() -> None:
    assert instant_of(new_id("req")) == instant(NOW)
    assert instant_of("req_" + "z" * 26).year == 9000


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("inv: 1", "Invoices CF-00000001", "Accounts"),
        ("acc:cme", "Accounts Acme", "Apps, add-ons"),
        ("app: web", "acme-web App of Acme", "Invoices CF"),
        ("amount: 110.60", "Invoices of exactly this total CF-00000001", "Accounts Acme"),
        ("plan:standard", "Plans Standard", "Meters"),
        ("pay: acme", "Nothing found", "Accounts Acme"),
    ],
)
def test_a_prefix_asks_for_one_kind(
    text: str, found: str, not_found: str, platform: Platform, support: Client
) -> None:
    page = words(support.get("/search/", {"q": text}, headers={"HX-Request": "true"}).content)

    assert found in page
    assert not_found not in page.replace("Accounts Go", "")


# Commands


def test_commands_are_offered_to_whoever_may(platform: Platform) -> None:
    sam, fay = person("a-support", Role.SUPPORT), person("an-approver", Role.FINANCE_APPROVER)

    assert [each.title for each in commands_for("new disp", sam)] == ["New dispute"]
    assert [each.title for each in commands_for("go to inv", sam)] == ["Go to Invoices"]
    assert "New bill run" not in [each.title for each in commands_for("start run", sam)]
    assert commands_for("x", fay) == ()


def test_the_palette_shows_commands_before_what_it_found(
    platform: Platform, support: Client
) -> None:
    page = words(support.get("/search/", {"q": "disputes"}, headers={"HX-Request": "true"}).content)

    assert page.startswith("Commands Go to Disputes g d Disputes that wait for us")
