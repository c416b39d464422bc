"""Documents on screen: who may take one away, what a printed code says, and trying again."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client

from accounts.permissions import Role
from billing.papers.models import PaperFile
from billing.papers.operations import making, planning
from billing.papers.operations.sellers import name_seller
from billing.verifier.proofs import verify
from tests.billing.papers.conftest import TERMS
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.people import ADA
from tests.story import LONG_AGO, WHY, instant

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(platform: Platform) -> Platform:
    """The platform with the documents of its invoice."""
    name_seller(terms=TERMS, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)
    at = instant("2026-05-12T12:00")
    planning.plan(at=at)
    while files := making.claim_files(at=at):
        making.make(files, at=at)
    return platform


def reader(role: Role) -> Browser:
    """Somebody of this role, signed in."""
    return client_of(person(f"reader-{role.value}", role))


def pdf_of(platform: Platform) -> PaperFile:
    return PaperFile.objects.get(paper__invoice=platform.invoice, format="pdf")


def test_the_invoice_page_lists_its_documents_and_why_one_is_missing(
    made: Platform, support: Client
) -> None:
    page = support.get(f"/invoices/{made.invoice.number}/documents/").content.decode()

    assert "Documents" in page
    assert "E-invoice, UBL" in page
    assert "EN 16931 needs the customer&#x27;s country, and none was known." in page
    assert f"/p/{made.invoice.paper.code}" in page
    assert "/documents/pfl_" not in page


def test_the_head_offers_the_pdf_and_words_to_send_and_the_tab_counts_the_files(
    made: Platform, support: Client
) -> None:
    url = f"/invoices/{made.invoice.number}/history/"
    full, masked, read_only = (
        each.get(url).content.decode()
        for each in (reader(Role.SENIOR_SUPPORT), support, reader(Role.AUDITOR))
    )
    files = PaperFile.objects.exclude(sha256="").count()

    assert f'href="/documents/{pdf_of(made).public_id}/"' in full
    assert "/documents/pfl_" not in masked
    assert f'Documents <span class="count">{files}</span>' in full
    assert "comes to $110.60. $110.60 is to be paid by" in full
    assert "Propose a credit" in full
    assert "Propose a credit" not in read_only


def test_a_draft_has_no_documents(made: Platform, support: Client) -> None:
    made.story.on("2026-06-02T00:00").runs_billing(issues=False)
    draft = made.acme.account.invoices.get(state="draft")

    page = support.get(f"/invoices/{draft.public_id}/documents/").content.decode()

    assert "A draft has no documents." in page


def test_who_reads_billing_in_full_takes_the_stored_bytes_away(made: Platform) -> None:
    file = pdf_of(made)

    answer = reader(Role.SENIOR_SUPPORT).get(f"/documents/{file.public_id}/")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{made.invoice.number}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert hashlib.sha256(answer.content).hexdigest() == file.sha256


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR, Role.OPERATOR])
def test_who_reads_it_masked_takes_none_away(role: Role, made: Platform) -> None:
    assert reader(role).get(f"/documents/{pdf_of(made).public_id}/").status_code == 403


def test_what_is_no_file_is_not_found(made: Platform) -> None:
    senior = reader(Role.SENIOR_SUPPORT)

    assert senior.get("/documents/pfl_00000000000000000000000000/").status_code == 404
    assert senior.get("/documents/inv_x/").status_code == 404


def test_what_is_withheld_says_why_when_it_is_asked_for(made: Platform) -> None:
    file = PaperFile.objects.get(paper__invoice=made.invoice, format="cii")

    answer = reader(Role.SENIOR_SUPPORT).get(f"/documents/{file.public_id}/")

    assert answer.status_code == 409
    assert "customer" in answer.content.decode()


@pytest.mark.parametrize("typed", ["{code}", "{lower}", "{spoken}"])
def test_a_printed_code_leads_a_stranger_to_the_proof_and_names_nobody(
    made: Platform, typed: str
) -> None:
    code = made.invoice.paper.code
    spoken = "-".join([code[:4], code[4:8], code[8:]])

    answer = Client().get(f"/p/{typed.format(code=code, lower=code.lower(), spoken=spoken)}")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert str(made.invoice.number) in page
    assert made.invoice.content_sha256 in page
    assert pdf_of(made).sha256 in page
    assert "Acme" not in page
    assert "Open the invoice" not in page


def test_a_code_of_nothing_is_said_and_can_be_typed_again(made: Platform) -> None:
    stranger = Client()

    assert stranger.get("/p/000000000000").status_code == 404
    assert stranger.get("/p/what").status_code == 404
    assert stranger.get("/p/").status_code == 200
    code = made.invoice.paper.code
    assert stranger.get("/p/", {"code": code})["Location"] == f"/p/{code}"


def test_the_proof_of_a_document_is_signed_and_adds_up(made: Platform) -> None:
    answer = Client().get(f"/p/{made.invoice.paper.code}/proof")

    proof = json.loads(answer.content)
    verdict = verify(proof)
    assert verdict.is_identical
    assert verdict.signature == "valid"
    assert proof["files"]["pdf:en"] == pdf_of(made).sha256
    assert "Acme" not in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [("subtotal", "1.00"), ("total", "1.00"), ("number", "CF-99999999"), ("lines", ["1.00"])],
)
def test_a_proof_that_was_changed_does_not_hold(made: Platform, name: str, value: object) -> None:
    proof = json.loads(Client().get(f"/p/{made.invoice.paper.code}/proof").content)

    assert not verify(proof | {name: value}).is_identical


def test_what_was_set_aside_is_tried_again_with_a_reason(made: Platform) -> None:
    file = PaperFile.objects.create(
        paper=made.invoice.paper, format="pdf", language="de", not_before=instant("2026-05-12"),
        state="parked", parked_reason="Gave up after 5 attempts: No font of papers has U+65E5.",
    )  # fmt: skip
    operator = reader(Role.OPERATOR)

    page = operator.get("/documents/").content.decode()
    assert "U+65E5" in page
    operator.post("/documents/retry/", {"reason": ""})
    file.refresh_from_db()
    assert file.state == "parked"
    operator.post("/documents/retry/", {"reason": "Fonts were added"})

    file.refresh_from_db()
    assert file.state == "ready"
    assert reader(Role.SUPPORT).post("/documents/retry/", {"reason": "x"}).status_code == 403
