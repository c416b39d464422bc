"""Simulations on screen: asked with a reason, followed while they run, read line by line."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from billing.whatif.models import Simulation
from billing.whatif.tasks import work_simulations
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

BACK_TEST = "/catalogue/simulations/back-test/"
BLAST = "/catalogue/simulations/blast-radius/"


def of_april(platform: Platform, **changed: Any) -> dict[str, Any]:
    """What the back-test form sends."""
    sent = {"version": platform.version.public_id, "month": "2026-04", "accounts": ""}
    return sent | {"reason": "Before June"} | changed


def asked() -> Simulation:
    return Simulation.objects.latest("pk")


def test_a_back_test_is_left_to_a_worker_and_followed(platform: Platform, fay: Client) -> None:
    page = fay.post(BACK_TEST, of_april(platform), follow=True)
    url = f"/catalogue/simulations/{asked().public_id}/"
    assert "Waiting for a worker" in words(page.content)
    assert 'hx-trigger="every 2s"' in page.content.decode()
    part = fay.get(url, headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<section class="card" id="progress"')

    assert work_simulations() == 1

    done = fay.get(url, headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    found = words(fay.get(url).content)
    assert "What April 2026 comes to under Standard v1 Finished" in found
    assert "Could not be compared 1" in found
    assert "Globex not issued" in found
    assert "No price covers dyno-seconds size=huge" in found


def test_asking_twice_is_one_simulation(platform: Platform, fay: Client) -> None:
    before = Simulation.objects.count()

    fay.post(BACK_TEST, of_april(platform))
    fay.post(BACK_TEST, of_april(platform))

    assert Simulation.objects.count() == before + 1


def test_only_chosen_accounts_are_looked_at(platform: Platform, fay: Client) -> None:
    acme = platform.acme.account
    fay.post(BACK_TEST, of_april(platform, accounts=f"Acme\n{acme.public_id}"))

    assert asked().payload["accounts"] == [acme.public_id]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "plv_nothing"}, "Select a valid choice"),
        ({"month": "April"}, "Write the month as 2026-04."),
        ({"accounts": "Nobody"}, "There is no account Nobody."),
        ({"reason": "\u200b"}, "Say why."),
    ],
)
def test_a_question_that_cannot_be_read_is_not_asked(
    changed: dict[str, str], said: str, platform: Platform, fay: Client
) -> None:
    before = Simulation.objects.count()

    answer = fay.post(BACK_TEST, of_april(platform, **changed))

    assert answer.status_code == 422
    assert said in words(answer.content)
    assert Simulation.objects.count() == before


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        ("window", {"start": "2026-04-10T00:00", "end": "2026-04-11T00:00"}, "left_out"),
        ("usage", {"first": "2026-04-01", "last": "2026-04-30"}, "as_it_stands"),
    ],
)
def test_a_window_and_corrected_usage_are_followed(
    kind: str, sent: dict[str, str], stored: str, platform: Platform, fay: Client
) -> None:
    fay.post(f"{BLAST}?kind={kind}", sent | {"meter": "requests", "reason": "Counted twice"})

    assert asked().payload["usage"] == stored
    assert (asked().payload["meter"], asked().started_by) == ("requests", "Fay")


def test_other_terms_of_a_meter_are_followed_to_the_invoices(
    platform: Platform, fay: Client
) -> None:
    url = f"{BLAST}?kind=meter&meter=requests"
    page = fay.get(url).content.decode()
    assert 'value="router.requests"' in page
    sent = {
        "document-event_type": "router.requests",
        "document-value_expression": "quantity * 2",
        "first": "2026-04-01",
        "last": "2026-04-30",
        "reason": "Counted half",
    }

    fay.post(url, sent)
    work_simulations()

    row = asked().rows.get(problem_code="")
    # 2.500001 million requests twice: 4.000002 million above the first, at 0.40.
    assert (row.before_minor, row.after_minor) == (60, 160)


def test_what_a_meter_cannot_say_is_wrong_at_its_field(platform: Platform, fay: Client) -> None:
    url = f"{BLAST}?kind=meter&meter=requests"
    sent = {"first": "2026-04-01", "last": "2026-04-30", "reason": "Counted half"}
    wrong = {"document-event_type": "a b", "document-value_expression": "quantity *"}

    added = fay.post(url, sent | {"document-event_type": "m", "add": "document-filter"})
    refused = fay.post(url, sent | wrong)

    assert b'name="document-filter-0-property"' in added.content
    assert b"field__error" not in added.content
    assert refused.status_code == 422
    assert "Value as an expression : Expected a number" in words(refused.content)
    assert "event_type is not a type of event." in words(refused.content)
    assert not Simulation.objects.filter(reason="Counted half").exists()


def test_the_wrong_version_is_named_with_the_right_one(platform: Platform, fay: Client) -> None:
    version = platform.version.public_id
    fay.post(BLAST, {"wrong": version, "right": version, "reason": "To be sure"})
    work_simulations()

    found = words(fay.get(f"/catalogue/simulations/{asked().public_id}/").content)

    assert "What invoices priced by Standard v1 come to under Standard v1" in found
    assert "Nothing differs." in found


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        (
            "window",
            {"meter": "requests", "start": "2026-04-11T00:00", "end": "2026-04-10T00:00"},
            "The window ends before it starts.",
        ),
        ("usage", {"first": "2026-04-30", "last": "2026-04-01"}, "is before the first"),
        ("price", {"first": "2026-04-30"}, "Name both days, or none for all time."),
        (
            "meter&meter=requests",
            {"document-filter_expression": "((", "document-event_type": "x"},
            "Nothing was saved.",
        ),
    ],
)
def test_a_mistake_that_cannot_be_read_is_not_followed(
    kind: str, sent: dict[str, str], said: str, platform: Platform, fay: Client
) -> None:
    version = platform.version.public_id
    days = {"first": "2026-04-01", "last": "2026-04-30"} if "meter" in kind else {}
    before = Simulation.objects.count()

    answer = fay.post(
        f"{BLAST}?kind={kind}",
        {"wrong": version, "right": version, "reason": "Why not"} | days | sent,
    )

    assert answer.status_code == 422
    assert said in words(answer.content)
    assert Simulation.objects.count() == before


def test_a_simulation_shows_totals_lines_and_who_would_approve(
    platform: Platform, support: Client
) -> None:
    found = words(support.get(f"/catalogue/simulations/{platform.simulation.public_id}/").content)

    assert "Difference −$0.60 $110.60 → $110.00" in found
    assert "Accounts that differ 1 of 1 looked at" in found
    assert "Router requests 2.500001 → nothing $0.60 $0.60 no line −$0.60" in found
    assert "need the approval of a finance approver, over exactly these rows" in found
    assert platform.simulation.outcome.content_sha256 in found


def test_the_rows_of_one_account_are_asked_for(platform: Platform, support: Client) -> None:
    url = f"/catalogue/simulations/{platform.simulation.public_id}/"
    globex = platform.globex.account.public_id

    assert "Nothing differs." in words(support.get(f"{url}?account={globex}").content)
    assert support.get(f"{url}?after=nonsense").status_code == 422


def test_the_rows_are_a_file(platform: Platform, support: Client) -> None:
    url = f"/catalogue/simulations/{platform.simulation.public_id}/+csv/"

    answer = support.get(url)

    content = b"".join(answer)
    assert content.startswith(b"\xef\xbb\xbf")  # BL14
    text = content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["account_name"], row["before"], row["after"]) == ("Acme", "0.60", "")
    assert (row["difference"], row["quantity_before"]) == ("-0.60", "2.500001")


def test_the_list_says_what_each_came_to(platform: Platform, support: Client) -> None:
    found = words(support.get("/catalogue/simulations/").content)

    assert "Wrong window of usage requests Finished The router counted twice" in found
    assert "1 of 1 −$0.60" in found


@pytest.mark.parametrize("path", [BACK_TEST, BLAST])
def test_who_proposes_and_approves_nothing_asks_nothing(
    path: str, platform: Platform, support: Client
) -> None:
    assert support.get(path).status_code == 403
    assert support.post(path, of_april(platform)).status_code == 403


def test_an_operator_gets_no_rows(platform: Platform, operator: Client) -> None:
    url = f"/catalogue/simulations/{platform.simulation.public_id}/+csv/"

    assert operator.get(url).status_code == 403
