"""Why was I charged this? The page answers from the cent to the event."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.catalogue.operations.plans import PriceTerms
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

DYNO, REQUESTS, FEE = "Dyno · standard-2x", "Router requests", "Platform fee"


def explain(platform: Platform, client: Client, description: str, query: str = "") -> str:
    """The page of an April line, as words."""
    line = platform.invoice.lines.get(description=description)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/{query}"
    return words(client.get(url).content)


def test_the_formula_has_its_numbers(platform: Platform, support: Client) -> None:
    page = explain(platform, support, DYNO)

    assert (
        "5,184,000 dyno-seconds ÷ 2,592,000 (the seconds of the period) × $50.00 = $100.00" in page
    )


def test_intervals_are_listed_and_add_up_to_the_quantity(
    platform: Platform, support: Client
) -> None:
    page = explain(platform, support, DYNO)

    assert "They add up to 5,184,000 dyno-seconds" in page
    assert "1,296,000 s 1 1,296,000" in page  # one dyno for 15 days
    assert "1,296,000 s 3 3,888,000" in page  # three dynos for 15 days
    assert "Together 5,184,000" in page


def test_each_interval_leads_to_the_events_that_made_it(
    platform: Platform, support: Client
) -> None:
    line = platform.invoice.lines.get(description=DYNO)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"
    html = support.get(url).content.decode()
    event = html.split('class="open" href="')[1].split('"')[0]

    answer = support.get(event)

    assert answer.status_code == 200
    assert "formation.scaled of acme-web" in words(answer.content)


def test_tiers_show_which_rows_were_used(platform: Platform, support: Client) -> None:
    page = explain(platform, support, REQUESTS)

    assert "0 to 1, used $0.00 1 $0.00" in page
    assert "above 1, used $0.40 1.500001 $0.6000004" in page
    assert "$0.6000004 rounded to $0.60" in page
    assert "Moved by $0.0000004 down" in page


def test_a_fee_says_that_no_usage_counts(platform: Platform, support: Client) -> None:
    page = explain(platform, support, FEE)

    assert "A fee" in page
    assert "behind it" not in page


def test_the_customer_gets_plain_words_without_ids(platform: Platform, support: Client) -> None:
    line = platform.invoice.lines.get(description=REQUESTS)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"

    text = support.get(url).context["for_customer"]

    assert text == (
        "Router requests, 1–30 Apr 2026: $0.60\n"
        "\n"
        "2,500,001 requests: the first 1,000,000 are included, "
        "1,500,001 × $0.40 per 1,000,000 = $0.6000004, rounded to $0.60."
    )


def test_recomputing_gives_the_same_charge(platform: Platform, support: Client) -> None:
    page = explain(platform, support, DYNO, "?recompute=now")

    assert "Identical: rating the period again now" in page


def test_recomputing_after_a_late_event_shows_the_difference(
    platform: Platform, support: Client
) -> None:
    platform.acme.scales("acme-web", "standard-2x", "5", at="2026-04-21T00:00")

    page = explain(platform, support, DYNO, "?recompute=now")

    assert "it comes to $133.33, not $100.00" in page
    assert "Different: amount, quantity, steps." in page
    assert "the issued invoice stays as it is" in page
    assert "Today they add up to 6,912,000 dyno-seconds" in page


def test_the_recomputation_alone_is_sent_to_htmx(platform: Platform, support: Client) -> None:
    line = platform.invoice.lines.get(description=DYNO)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/?recompute=now"

    answer = support.get(url, headers={"HX-Request": "true"})

    assert answer.content.decode().strip().startswith('<div id="again"')


def test_a_line_of_the_bill_so_far_is_explained_the_same_way(
    platform: Platform, support: Client
) -> None:
    account = platform.acme.account.public_id

    page = words(support.get(f"/accounts/{account}/bill/1/explain/").content)

    assert "The bill so far" in page
    # Three dynos from 1 May until now, noon of the 12th.
    assert "2,980,800 dyno-seconds" in page
    assert "still on" in page


@pytest.mark.parametrize("position", [0, 99])
def test_a_line_that_is_not_there_is_said_to_be_missing(
    position: int, platform: Platform, support: Client
) -> None:
    invoice = support.get(f"/invoices/{platform.invoice.number}/lines/{position}/explain/")
    account = platform.acme.account.public_id
    so_far = support.get(f"/accounts/{account}/bill/{position}/explain/")

    assert (invoice.status_code, so_far.status_code) == (404, 404)


def test_a_stale_place_in_the_evidence_is_refused_in_words(
    platform: Platform, support: Client
) -> None:
    line = platform.invoice.lines.get(description=DYNO)
    url = f"/invoices/{platform.invoice.number}/lines/{line.position}/explain/"

    answer = support.get(url, {"after": "1~yesterday~x"})

    assert answer.status_code == 422
    assert "Start again at its first page." in words(answer.content)


def test_a_charge_of_single_events_says_how_many(platform: Platform, support: Client) -> None:
    story = platform.story
    payments = story.meter("payments", value_property="amount", event_type="payment.made")
    fee = {"model": "percentage", "percent": "1", "fee_per_event": "0.30"}
    plan = story.plan("pay", PriceTerms("pay", "Payments", fee, payments))
    story.on("2026-04-01")
    acme = story.account("Payer")
    acme.app("payer-web")
    acme.subscribes(plan)
    story.on("2026-05-01")
    for day in ("02", "03", "04"):
        acme.uses("payment.made", "payer-web", f"2026-04-{day}", amount="100")
    story.runs_billing()
    url = f"/invoices/{acme.invoice.number}/lines/1/explain/?recompute=1"
    page = words(support.get(url).content)

    assert "3 events" in page
    assert "They add up to 300" in page
    assert "$3.90" in page
