"""A dispute walked through in the console: contested, granted by two people, answered, closed."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.permissions import Role
from approvals.models import Proposal
from billing.disputes.models import Attachment, DisputeCase, DisputeLine
from core.uploads import UPLOAD_BYTES_MAX
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform

State = DisputeLine.State
ENDED = {
    "said": "The app was off from the 21st on.",
    "customer": "Ida Acme",
    "channel": "email",
    "priority": "normal",
    "ticket": "HD-48213",
    "fact_ended_at": "2026-04-21 00:00",
}


@pytest.fixture
def sam(platform: Platform) -> Browser:
    return client_of(person("sam", Role.SUPPORT))


@pytest.fixture
def sena(platform: Platform) -> Browser:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.fixture
def farid(platform: Platform) -> Browser:
    return client_of(person("farid", Role.FINANCE_APPROVER))


def text(answer: object) -> str:
    page = answer.content.decode()  # type: ignore[attr-defined]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def opened(platform: Platform, by: Browser) -> DisputeLine:
    """Acme's dyno is contested: 1 standard-2x from the 1st, 3 from the 16th, to the 21st."""
    url = f"/invoices/{platform.invoice.public_id}/lines/1/dispute/?reason=ended_earlier"
    answer = by.post(url, ENDED)
    assert answer.status_code == 302, text(answer)
    return DisputeLine.objects.latest("pk")


def test_a_charge_leads_to_its_dispute(platform: Platform, sam: Browser) -> None:
    explain = f"/invoices/{platform.invoice.number}/lines/1/explain/"
    assert "Dispute this line" in text(sam.get(explain))

    line = opened(platform, sam)
    assert f"Open {line.case.number}" in text(sam.get(explain))
    again = sam.get(f"/invoices/{platform.invoice.public_id}/lines/1/dispute/")
    assert again.headers["Location"] == f"/disputes/{line.case.public_id}/"


def test_the_case_shows_what_it_would_come_to(platform: Platform, sam: Browser) -> None:
    """15 dyno-days of 1, 5 of 3 are 30 of the 60 that were billed at 100.00."""
    line = opened(platform, sam)
    page = text(sam.get(f"/disputes/{line.case.number}/"))

    for said in ("Billed $100.00", "If this is right $50.00", "Difference $50.00", "Our turn"):
        assert said in page
    assert "The app was off from the 21st on." in page
    assert "No end was reported of what began" in page


def test_from_the_charge_to_the_credit_and_the_answer(
    platform: Platform, sena: Browser, farid: Browser
) -> None:
    line = opened(platform, sena)
    page = f"/disputes/{line.case.public_id}/"
    digest = line.drafts.get().digest
    put = {"do": f"propose:{line.public_id}", "way": "credit_note", "reason": "Off", "seen": digest}
    assert sena.post(page, put).status_code == 302

    proposal = Proposal.objects.get()
    assert "Open the proposal" in text(sena.get(page))
    decided = {"do": "approve", "seen": proposal.seal, "why": ""}
    assert farid.post(f"/proposals/{proposal.public_id}/", decided).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.approved_minor) == (State.GRANTED, 5000)

    suggestion = re.search(r'<textarea name="words".*?>(.*?)</textarea>', _html(sena, page), re.S)
    assert suggestion is not None
    assert "$50.00 before tax is taken off" in suggestion[1]
    assert sena.post(page, {"do": "send", "words": suggestion[1].strip()}).status_code == 302
    assert sena.post(page, {"do": "close"}).status_code == 302
    assert "Closed" in text(sena.get("/disputes/?state=closed"))


def test_td16_whoever_voids_is_told_which_lines_are_contested(
    platform: Platform, sena: Browser
) -> None:
    line = opened(platform, sena)
    for wanted in ("void", "void-and-reissue"):
        page = text(sena.get(f"/invoices/{platform.invoice.public_id}/propose/{wanted}/"))
        assert "This invoice is contested." in page
        assert line.case.number in page
    other = text(sena.get(f"/invoices/{platform.invoice.public_id}/propose/write-off/"))
    assert "This invoice is contested." not in other


def test_a_denial_asks_for_words(platform: Platform, sam: Browser) -> None:
    line = opened(platform, sam)
    page = f"/disputes/{line.case.public_id}/"
    empty = sam.post(page, {"do": f"deny:{line.public_id}", "words": ""})
    assert empty.status_code == 422
    assert "Nothing was saved" in text(empty)

    sam.post(page, {"do": f"deny:{line.public_id}", "words": "It ran until the end of April."})
    line.refresh_from_db()
    assert (line.state, line.hold and line.hold.entries.count()) == (State.DENIED, 2)


def test_the_customer_is_asked_and_answers(platform: Platform, sam: Browser) -> None:
    line = opened(platform, sam)
    page = f"/disputes/{line.case.public_id}/"
    sam.post(page, {"do": f"ask:{line.public_id}", "words": "When exactly?"})
    assert "Waiting for the customer" in text(sam.get("/disputes/?state=waiting_for_customer"))

    sam.post(page, {"do": "heard", "words": "At noon."})
    fact = {"do": f"fact:{line.public_id}", "fact_ended_at": "2026-04-21T12:00", "reason": "Said"}
    sam.post(page, fact)
    assert "If this is right $52.50" in text(sam.get(page))


def test_support_alone_cannot_put_a_credit_note_forward(platform: Platform, sam: Browser) -> None:
    line = opened(platform, sam)
    put = {"do": f"propose:{line.public_id}", "way": "credit_note", "reason": "Off"}
    refused = sam.post(f"/disputes/{line.case.public_id}/", put)

    assert refused.status_code == 403
    assert "senior support" in text(refused)
    line.refresh_from_db()
    assert line.state == State.NEW


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"do": "dance"},
        {"do": "deny:dsl_nobody", "words": "No"},
        {"do": "propose:"},
        {"do": "send", "words": " "},
        {"do": "close"},
    ],
)
def test_an_odd_form_says_that_nothing_was_saved(
    platform: Platform, sam: Browser, data: dict[str, str]
) -> None:
    line = opened(platform, sam)
    answer = sam.post(f"/disputes/{line.case.public_id}/", data)

    assert answer.status_code in (404, 409, 422)
    line.refresh_from_db()
    assert line.state == State.NEW


@pytest.mark.parametrize(
    ("reason", "fact"),
    [
        ("ended_earlier", {"fact_ended_at": "soon"}),
        ("ended_earlier", {"fact_ended_at": "9999-12-31 23:59"}),
        ("quantity_differs", {"fact_quantity": "-1"}),
        ("quantity_differs", {"fact_quantity": "1e400"}),
        ("price_differs", {"fact_unit_price": "٣"}),
        ("counted_twice", {"fact_event": "x", "fact_same_as": "y"}),
    ],
)
def test_an_odd_fact_names_its_field(
    platform: Platform, sam: Browser, reason: str, fact: dict[str, str]
) -> None:
    url = f"/invoices/{platform.invoice.public_id}/lines/1/dispute/?reason={reason}"
    known = DisputeCase.objects.count()
    answer = sam.post(url, ENDED | fact)

    assert answer.status_code == 422
    assert "Nothing was saved" in text(answer)
    assert DisputeCase.objects.count() == known


@pytest.mark.parametrize(
    ("role", "reads", "acts"),
    [
        (Role.SUPPORT, 200, 302),
        (Role.SENIOR_SUPPORT, 200, 302),
        (Role.FINANCE_APPROVER, 200, 403),
        (Role.FINANCE_ADMIN, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.OPERATOR, 403, 403),
    ],
)
def test_who_may_read_and_who_may_act(
    platform: Platform, role: Role, reads: int, acts: int
) -> None:
    case = DisputeCase.objects.get()
    browser = client_of(person("somebody", role))
    page = f"/disputes/{case.public_id}/"

    assert browser.get(page).status_code == reads
    assert browser.get("/disputes/").status_code == reads
    assert browser.post(page, {"do": "take"}).status_code == acts
    new = browser.get(f"/invoices/{platform.invoice.public_id}/lines/1/dispute/")
    assert new.status_code == (200 if acts == 302 else 403)


def _html(browser: Browser, page: str) -> str:
    answer: str = browser.get(page).content.decode()
    return answer


def test_td18_a_file_comes_with_words_and_is_only_ever_downloaded(
    platform: Platform, sam: Browser
) -> None:
    page = f"/disputes/{opened(platform, sam).case.public_id}/"
    file = SimpleUploadedFile("bill.png", b"<script>alert(1)</script>", "image/png")
    assert sam.post(page, {"do": "heard", "words": "See.", "file": file}).status_code == 302

    attachment = Attachment.objects.get()
    html = _html(sam, page)
    assert "bill.png" in html
    assert "unknown file, download only" in html
    given = sam.get(f"{page}files/{attachment.public_id}/")
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert sam.get(f"{page}files/nothing/").status_code == 404


def test_td19_a_file_over_the_limit_is_read_off_and_not_kept(
    platform: Platform, sam: Browser
) -> None:
    page = f"/disputes/{opened(platform, sam).case.public_id}/"
    for content, status in ((b"x" * (UPLOAD_BYTES_MAX + 1), 413), (b"", 422)):
        file = SimpleUploadedFile("a.bin", content)
        answer = sam.post(page, {"do": "send", "words": "See what I wrote.", "file": file})
        assert answer.status_code == status
        assert "See what I wrote." in answer.content.decode()
    assert not Attachment.objects.exists()


def test_a_dispute_is_handed_over_and_made_urgent(platform: Platform, sam: Browser) -> None:
    sena = person("sena", Role.SENIOR_SUPPORT)
    auditor = person("aude", Role.AUDITOR)
    page = f"/disputes/{opened(platform, sam).case.public_id}/"
    assert sam.post(page, {"do": "hand-over", "owner": sena.public_id}).status_code == 302
    urgent = {"do": "priority", "priority": "urgent", "reason": "They leave otherwise"}
    assert sam.post(page, urgent).status_code == 302
    case = DisputeCase.objects.latest("pk")
    assert (case.owner, case.priority) == (sena, "urgent")
    for wrong in (
        {"do": "hand-over", "owner": auditor.public_id},
        {"do": "hand-over", "owner": "nobody"},
        {**urgent, "priority": "asap"},
        {**urgent, "reason": " "},
    ):
        answer = sam.post(page, wrong)
        assert answer.status_code == 422, wrong
        assert "Nothing was saved" in text(answer)


def test_the_picture_says_what_stays(platform: Platform, sam: Browser) -> None:
    page = text(sam.get(f"/disputes/{opened(platform, sam).case.number}/"))
    assert "$50.00 stays" in page
    assert "$50.00 too much, if this is right" in page


@pytest.mark.parametrize(
    ("asked", "is_listed"),
    [
        ("", True),
        ("&stake=50&currency=USD", True),
        ("&stake=50.01&currency=USD", False),
        ("&stake=1&currency=EUR", True),
        ("&older=1", False),
        ("&older=x", True),
        ("&stake=-1&currency=USD", True),
        ("&reason=ended_earlier", True),
        ("&reason=not_ours", False),
        ("&reason=nonsense", True),
        ("&reason=ended_earlier&ended=denied", False),
    ],
)
def test_disputes_are_found_by_age_money_and_reason(
    platform: Platform, sam: Browser, asked: str, is_listed: bool
) -> None:
    """What cannot be read, such as a currency nothing is sold in, narrows nothing."""
    number = opened(platform, sam).case.number
    sam.get("/disputes/")  # takes away the word that it is open
    assert (number in text(sam.get(f"/disputes/?state=all{asked}"))) == is_listed


def test_td14_hours_without_an_open_one_are_refused(platform: Platform, sam: Browser) -> None:
    ada = client_of(person("ada", Role.FINANCE_ADMIN))
    page = ada.get("/disputes/hours/").content.decode()
    seen = re.search(r'name="made_from" value="([0-9]+)"', page)
    assert seen is not None
    hours = {
        "made_from": seen[1],
        "zone": "Europe/Berlin",
        "closed_on": "2026-12-25",
        "day_1": "08:00-17:00",
        "reason": "Tuesdays only",
    } | {
        f"{clock}_{priority}": "720"
        for clock in ("first_answer", "decision")
        for priority in ("low", "normal", "high", "urgent")
    }
    for wrong in (
        {"day_1": ""},
        {"day_1": "17:00-08:00"},
        {"day_1": "soon"},
        {"zone": "Mars"},
        {"closed_on": "Christmas"},
        {"decision_low": "0"},
        {"reason": " "},
    ):
        answer = ada.post("/disputes/hours/", {**hours, **wrong})
        assert answer.status_code == 422, wrong
        assert "Nothing was saved" in text(answer)
    assert ada.post("/disputes/hours/", hours).status_code == 302
    assert ada.post("/disputes/hours/", hours).status_code == 409
    assert "Tuesday 08:00–17:00" in text(sam.get("/disputes/hours/"))
    assert sam.post("/disputes/hours/", hours).status_code == 403


def test_days_of_a_charge_are_contested_beside_it(platform: Platform, sam: Browser) -> None:
    """The 6th to the 10th are five days of one dyno: 8.33 of 100.00."""
    url = f"/invoices/{platform.invoice.public_id}/lines/1/dispute/?reason=not_ours"
    said = {each: ENDED[each] for each in ("said", "channel", "priority")}
    before = list(DisputeLine.objects.values_list("pk", flat=True))
    assert "Only from this day" in text(sam.get(url))
    days = {"days_from": "2026-04-06", "days_until": "2026-04-10"}
    answer = sam.post(url, said | days)
    assert answer.status_code == 302, text(answer)

    page = text(sam.get(answer.headers["Location"]))
    assert "2026-04-06 to 2026-04-10" in page
    assert "Difference $8.33" in page
    overlapping = sam.post(url, said | {"days_from": "2026-04-10"})
    assert (overlapping.status_code, "contested already" in text(overlapping)) == (409, True)
    outside = sam.post(url, said | {"days_from": "2026-05-10"})
    assert (outside.status_code, "not all inside" in text(outside)) == (422, True)
    assert sam.post(url, said).status_code == 302
    assert DisputeLine.objects.exclude(pk__in=before).count() == 2


def test_late_usage_is_contested_from_the_ledger(platform: Platform, sam: Browser) -> None:
    platform.story.on("2026-05-12T11:30")
    platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
    url = f"/invoices/{platform.invoice.number}/late/dispute/"
    assert url in sam.get("/usage/late/").content.decode()
    page = sam.get(url)
    assert "Router requests" in text(page)
    (chosen,) = re.findall(r'href="(\?charge=[^"]+)"', page.content.decode())
    form = f"{url}{chosen}&reason=not_ours".replace("&amp;", "&")
    said = {each: ENDED[each] for each in ("said", "channel", "priority")}
    assert "Not billed yet" in text(sam.get(form))
    assert "days_from" not in sam.get(form).content.decode()
    answer = sam.post(form, said)
    assert answer.status_code == 302, text(answer)

    case = text(sam.get(answer.headers["Location"]))
    assert "Not billed yet $0.40" in case
    assert f"Late usage of {platform.invoice.number} , not billed yet." in case
    again = sam.get(form)
    assert again.headers["Location"] == answer.headers["Location"]
