"""Papers are planned from the numbers, made once, kept as made, and given out as kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from lxml import etree

from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.papers import storage
from billing.papers.invariants import issued_has_papers, stored_bytes_are_unchanged
from billing.papers.models import Paper, PaperFile, Seller
from billing.papers.operations import giving, making, planning
from billing.papers.operations.making import PaperMadeDifferently, PaperNotMade
from billing.papers.operations.sellers import SellerInvalid, SellerNamedAlready, name_seller
from billing.papers.queries.paper_proofs import find_proof, signed_proof
from billing.papers.queries.papers import outstanding, papers_of
from billing.papers.storage import PaperLost
from billing.receivables.operations import corrections
from billing.verifier.proofs import verify
from core import leases
from tests.billing.papers.conftest import TERMS
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import LONG_AGO, WHY, Story, instant

pytestmark = pytest.mark.django_db


def make_all(books: Books) -> int:
    """Plan and make until nothing is due; returns how many files were settled."""
    while planning.plan(at=books.at):
        pass
    count = 0
    while files := making.claim_files(at=books.at):
        count += making.make(files, at=books.at)
    return count


def file_of(row: Invoice | CreditNote, format: str) -> PaperFile:
    return PaperFile.objects.get(paper=row.paper, format=format)


def said(row: Invoice | CreditNote) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(giving.give(file_of(row, "json"), by=ADA).content)
    return document


def test_an_issued_invoice_is_made_in_every_format_once(books: Books) -> None:
    invoice = books.invoice({"Web dynos": "100.00"}, rate="19")

    assert make_all(books) == 6
    assert make_all(books) == 0
    files = {file.format: file for file in invoice.paper.files.all()}
    assert set(files) == set(PaperFile.Format.values)
    assert all(file.is_made and file.language == "de" for file in files.values())
    assert giving.give(files["pdf"], by=ADA).content.startswith(b"%PDF-")
    assert "Rechnung" in giving.give(files["html"], by=ADA).content.decode()
    assert "line,invoice,CF-00000001" in giving.give(files["csv"], by=ADA).content.decode()
    assert said(invoice)["total"] == "119.00"
    assert issued_has_papers().holds
    assert stored_bytes_are_unchanged().holds


def test_a_draft_has_no_paper(books: Books) -> None:
    assert planning.plan(at=books.at) == 0
    assert Paper.objects.count() == 0


def test_planning_goes_on_where_it_stopped(books: Books) -> None:
    for name in ("a", "b", "c"):
        books.invoice({name: "1.00"})

    assert outstanding(at=books.at).unplanned == 3
    assert planning.plan(at=books.at, limit=2) == 2
    assert planning.plan(at=books.at, limit=2) == 1
    assert planning.plan(at=books.at, limit=2) == 0
    assert outstanding(at=books.at).unplanned == 0


def test_tm51_the_day_is_that_of_the_seller_wherever_the_worker_is(
    books: Books, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    story.on("2026-12-31T23:30")
    invoice = books.invoice({"Web": "100.00"}, rate="19", terms_days=30)
    make_all(books)

    document = said(invoice)
    assert (document["issued_on"], document["due_on"]) == ("2027-01-01", "2027-01-31")
    ubl = etree.fromstring(giving.give(file_of(invoice, "ubl"), by=ADA).content)
    assert ubl.xpath("string(//*[local-name()='IssueDate'])") == "2027-01-01"
    assert ubl.xpath("string(//*[local-name()='DueDate'])") == "2027-01-31"
    page = giving.give(file_of(invoice, "html"), by=ADA).content.decode()
    assert "01.01.2027" in page
    assert "31.01.2027" in page
    assert find_proof(invoice.paper.code).issued_on.isoformat() == "2027-01-01"


def test_tm54_a_later_payment_changes_no_document(books: Books, story: Story) -> None:
    invoice = books.invoice({"Web": "100.00"}, rate="19")
    make_all(books)
    before = file_of(invoice, "pdf").sha256

    story.on("2026-03-10")
    books.paid(invoice, "119.00")

    assert making.make_again(file_of(invoice, "pdf")).sha256 == before
    assert said(invoice)["paid"] == "0.00"


def test_tm54_money_on_the_invoice_the_moment_it_is_issued_is_on_its_paper(books: Books) -> None:
    invoice = books.invoice({"Licence": "294.12"}, rate="19")
    books.paid(invoice, "350.00")
    make_all(books)

    assert (said(invoice)["paid"], said(invoice)["due"]) == ("350.00", "0.00")


def test_tm56_the_note_of_discounted_goods_has_a_paper_and_a_proof(books: Books) -> None:
    invoice = books.invoice({"3 seats less 10 %": "270.00"}, rate="19")
    note = books.credits(invoice, "3 seats less 10 %", "180.00")
    make_all(books)

    document = said(note)
    assert (document["subtotal"], document["tax"], document["total"]) == (
        "180.00",
        "34.20",
        "214.20",
    )
    assert document["refers_to"] == {"number": invoice.number, "issued_on": "2026-03-01"}
    assert document["due_on"] is None
    assert all(file.is_made for file in note.paper.files.all())
    proof = signed_proof(find_proof(note.paper.code), at=books.at)
    assert verify(proof).is_identical
    assert verify(proof).signature == "valid"
    assert proof["files"]["pdf:de"] == file_of(note, "pdf").sha256


def test_a_void_is_a_paper_of_its_own_and_the_invoice_stays(books: Books, story: Story) -> None:
    invoice = books.invoice({"Web": "100.00"}, rate="19")
    make_all(books)
    before = file_of(invoice, "pdf").sha256
    story.on("2026-03-05")

    corrections.void(invoice=invoice, recorded=books.recorded())
    make_all(books)

    first, void = papers_of(invoice)
    assert (first.number, void.number) == (invoice.number, f"{invoice.number}-void")
    withheld = {file.format: file.withheld_because for file in void.files}
    assert "no form for a void" in withheld["ubl"]
    assert making.make_again(file_of(invoice, "pdf")).sha256 == before
    assert find_proof(invoice.paper.code).voided_at == instant("2026-03-05")


def test_tm38_dinars_are_printed_and_have_no_einvoice(seller: Seller, story: Story) -> None:
    story.on("2026-03-01")
    books = Books(story, story.account("Gulf", currency="KWD"), billed_to={"country": "KW"})
    invoice = books.invoice({"Web": "12.345"}, rate="5", tax="0.617")
    make_all(books)

    assert said(invoice)["total"] == "12.962"
    assert "3 decimals" in file_of(invoice, "ubl").withheld_because
    assert "12.962" in giving.give(file_of(invoice, "html"), by=ADA).content.decode()


def test_a_name_nobody_can_draw_stops_its_pdf_alone(books: Books) -> None:
    books.billed_to = {**books.billed_to, "legal_name": "株式会社"}
    hard = books.invoice({"Web": "1.00"}, rate="19")
    books.billed_to = {**books.billed_to, "legal_name": "Plain"}
    easy = books.invoice({"Web": "1.00"}, rate="19")

    make_all(books)

    stuck = file_of(hard, "pdf")
    assert (stuck.state, stuck.attempts) == ("ready", 1)
    assert "U+682A" in stuck.last_error
    assert file_of(hard, "ubl").is_made
    assert file_of(easy, "pdf").is_made


def test_what_keeps_failing_is_set_aside_and_tried_again_when_asked(
    books: Books, story: Story
) -> None:
    books.billed_to = {**books.billed_to, "legal_name": "株式会社"}
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    for day in range(1, 8):
        story.on(f"2026-03-0{day}")
        make_all(books)

    assert file_of(invoice, "pdf").state == "parked"
    assert outstanding(at=books.at).parked == 1
    assert making.release_parked(at=books.at, by=ADA, reason="Fonts were added") == 1
    assert file_of(invoice, "pdf").state == "ready"


def test_without_a_seller_nothing_is_made_and_the_reason_says_so(story: Story) -> None:
    story.on("2026-03-01")
    books = Books(story, story.account("Acme", currency="EUR"))
    invoice = books.invoice({"Web": "1.00"})

    assert make_all(books) == 0
    assert "Nobody is named as the seller" in file_of(invoice, "json").last_error


def test_the_seller_is_the_one_in_force_at_issue(books: Books, story: Story) -> None:
    before = books.invoice({"Web": "1.00"})
    renamed = replace(TERMS, legal_name="Counterfoil SE")
    name_seller(
        terms=renamed, valid_from=instant("2026-04-01"), at=story.at, by=ADA, reason="New form"
    )
    after = Books(story.on("2026-04-01"), books.customer, billed_to=books.billed_to).invoice(
        {"Web": "1.00"}
    )
    make_all(books)

    assert said(before)["seller"]["legal_name"] == "Counterfoil Cloud GmbH"
    assert said(after)["seller"]["legal_name"] == "Counterfoil SE"


def test_a_frozen_worker_changes_nothing_after_its_lease(books: Books, story: Story) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    planning.plan(at=books.at)
    frozen = making.claim_files(at=books.at)
    story.at += making.LEASE
    assert make_all(books) == 6

    with pytest.raises(leases.LeaseLost):
        making.make(frozen, at=books.at)
    assert file_of(invoice, "pdf").token == 2


def test_lost_bytes_are_made_again_and_are_the_same(books: Books) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    make_all(books)
    file = file_of(invoice, "pdf")
    storages["papers"].delete(file.path)

    with pytest.raises(PaperLost):
        giving.give(file, by=ADA)
    assert not stored_bytes_are_unchanged().holds
    making.make_again(file)
    assert giving.give(file, by=ADA).sha256 == file.sha256


def test_bytes_that_were_changed_are_not_given_out(books: Books) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    make_all(books)
    file = file_of(invoice, "csv")
    storages["papers"].delete(file.path)
    storages["papers"].save(file.path, ContentFile(b"forged"))

    with pytest.raises(PaperLost, match="digest"):
        giving.give(file, by=ADA)


def test_a_second_making_that_differs_is_refused(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    make_all(books)
    monkeypatch.setattr(making, "bytes_of", lambda file, content: b"something else")

    with pytest.raises(PaperMadeDifferently):
        making.make_again(file_of(invoice, "pdf"))
    assert storage.is_kept(file_of(invoice, "pdf").path, sha256=file_of(invoice, "pdf").sha256)


def test_what_is_not_made_is_not_given_out(books: Books) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    planning.plan(at=books.at)

    with pytest.raises(PaperNotMade, match="not made yet"):
        giving.give(file_of(invoice, "pdf"), by=ADA)
    with pytest.raises(PaperNotMade):
        making.make_again(file_of(invoice, "pdf"))


@pytest.mark.parametrize(
    "change", ["sha256 = repeat('1', 64)", "path = 'elsewhere'", "state = 'ready', done_at = NULL"]
)
def test_the_database_refuses_to_change_a_made_file(books: Books, change: str) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    make_all(books)
    file = file_of(invoice, "pdf")

    changing = f"UPDATE papers_paperfile SET {change}"  # noqa: S608  a literal of this test
    for statement in (changing, "DELETE FROM papers_paperfile"):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"{statement} WHERE id = %s", [file.pk])


def test_the_invariant_sees_a_paper_that_is_missing(books: Books) -> None:
    books.invoice({"Web": "1.00"})
    with connection.cursor() as cursor:
        planning.plan(at=books.at, limit=0)
        cursor.execute("UPDATE papers_plannedthrough SET sequence = 5")

    assert not issued_has_papers().holds


def test_contents_are_read_with_the_same_queries_for_one_and_for_many(
    books: Books, django_assert_max_num_queries
) -> None:
    for name in ("a", "b", "c"):
        books.invoice({name: "1.00"}, rate="19")
    planning.plan(at=books.at)
    files = making.claim_files(at=books.at)

    with django_assert_max_num_queries(9 + len(files)):
        making.make(files, at=books.at)


def test_a_correction_of_the_name_alone_is_printed_in_the_new_name(books: Books) -> None:
    invoice = books.invoice({"Web": "1.00"}, rate="19")
    note = corrections.credit(
        invoice=invoice,
        terms=CreditTerms(
            reason_code=CreditNote.Reason.ADDRESS,
            billed_to={**books.billed_to, "legal_name": "Rote Werke AG"},
        ),
        recorded=books.recorded(),
    )
    make_all(books)

    assert said(note)["customer"]["legal_name"] == "Rote Werke AG"
    assert said(note)["total"] == "0.00"
    assert "needs a line" in file_of(note, "cii").withheld_because


def test_a_late_file_is_counted(books: Books) -> None:
    books.invoice({"Web": "1.00"})
    planning.plan(at=books.at)

    assert outstanding(at=books.at + timedelta(minutes=11)).late == 6
    assert outstanding(at=books.at).late == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"legal_name": " "}, "/legal_name"),
        ({"address": ""}, "/address"),
        ({"country": "Germany"}, "/country"),
        ({"iban": "DE89370400440532013001"}, "/iban"),
    ],
)
def test_a_seller_that_is_wrong_is_refused_by_field(wrong: dict[str, str], field: str) -> None:
    terms = replace(TERMS, **wrong)

    with pytest.raises(SellerInvalid) as refused:
        name_seller(terms=terms, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)

    assert [each.pointer for each in refused.value.errors] == [field]
    assert Seller.objects.count() == 0


def test_two_sellers_do_not_begin_at_one_instant(seller: Seller) -> None:
    with pytest.raises(SellerNamedAlready):
        name_seller(terms=TERMS, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)
