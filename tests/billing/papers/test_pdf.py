"""Papers as PDF: whole, literal, the same each time, and refused where they would be wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from pypdf import PdfReader

from billing.papers.content import PaperContent, PaperLine
from billing.papers.formats.pdf import PaperNotSet, as_pdf, finished, set_paper
from billing.papers.glyphs import CharacterWithoutGlyph
from billing.papers.printed import printed
from tests.billing.papers.samples import CUSTOMER, SELLER, credit_note, line, paper, tax

ADDRESS = "https://billing.example.com/p/7H3K9QXM2ABC"
HOSTILE = (
    "[#set page(margin: 0pt)]",
    '#image("/etc/passwd")',
    '#read("/etc/passwd")',
    "1. XYZ",
    "= H",
    "$x$",
    "// c",
    "a -- b",
    "*bold* _it_ `raw` <label> @ref \\ ~ ' \" ... --- -?",
    "<script>alert(1)</script>",
)


def pdf(content: PaperContent) -> bytes:
    return as_pdf(printed(content, address=ADDRESS), issued_at=content.issued_at)


def pages(written: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(written)).pages]


def text(written: bytes) -> str:
    return "\n".join(pages(written))


def placed(written: bytes, page: int = 0) -> list[tuple[float, str]]:
    """Texts of a page with where each begins, in points from the left."""
    found: list[tuple[float, str]] = []
    PdfReader(io.BytesIO(written)).pages[page].extract_text(
        visitor_text=lambda said, cm, tm, font, size: found.append((cm[4] + tm[4], said))
    )
    return found


def test_an_invoice_says_who_what_and_how_much() -> None:
    content = paper(
        [line("Web dynos", "100.00", quantity="2", price="50", unit="dyno-months", group="shop")],
        [tax("100.00", "19.00")],
        purchase_order="PO 4711",
    )

    said = text(pdf(content))

    for each in (
        "Counterfoil Cloud GmbH", "HRB 12345 B", "DE123456788", "Blaue Werke AG", "20457 Hamburg",
        "CF-00000012", "1 Nov 2026", "1 Dec 2026", "1 Oct 2026 – 31 Oct 2026", "PO 4711", "shop",
        "Web dynos", "dyno-months", "VAT DE", "19 %", "EUR 119.00", "DE89370400440532013000",
        "7H3K-9QXM-2ABC", "Page 1 of 1",
    ):  # fmt: skip
        assert each.replace("\u00a0", " ") in said.replace("\u00a0", " ")


def test_a_german_paper_speaks_german() -> None:
    content = paper([line("Web", "1234.50")], [tax("1234.50", "234.56")], language="de")

    said = text(pdf(content)).replace("\u00a0", " ")

    assert "Rechnung" in said
    assert "1.234,50" in said
    assert "1.469,06 EUR" in said
    assert "01.11.2026" in said


def test_the_same_content_gives_the_same_bytes() -> None:
    content = paper([line("Web", "100.00")], [tax("100.00", "19.00")])

    assert pdf(content) == pdf(content)
    assert pdf(content) != pdf(replace(content, number="CF-00000013"))


def test_the_paper_is_tagged_and_for_archives() -> None:
    catalogue = PdfReader(io.BytesIO(pdf(paper({"Web": "1.00"})))).root_object

    assert "/StructTreeRoot" in catalogue
    assert str(catalogue["/Lang"]) == "en"
    written = pdf(paper({"Web": "1.00"}))
    assert b"pdfaid:part" in written
    assert b"pdfuaid:part" in written


def test_tm48_a_long_string_breaks_inside_its_cell() -> None:
    name = "x" * 149 + "y"
    email = "a" * 80 + "@" + "example." * 10 + "com"
    content = paper(
        [line(name, "10.69", quantity="1951593", price="0.00000548", unit="u" * 40)],
        [tax("10.69", "2.03")],
        customer=replace(CUSTOMER, legal_name=email),
    )

    written = pdf(content)

    said = text(written).replace("\n", "")
    assert name in said
    assert email in said
    assert "10.69" in text(written)
    starts = [left for left, each in placed(written) if each.strip() == "10.69"]
    assert starts
    # The columns begin where they do without it.
    usual = pdf(paper([line("Web", "10.69", quantity="1", price="1")], [tax("10.69", "2.03")]))
    assert starts[0] == pytest.approx(
        next(left for left, each in placed(usual) if each.strip() == "10.69"), abs=0.5
    )


def test_tm49_a_family_of_emoji_and_right_to_left_names_are_drawn() -> None:
    names = ["Café 👨‍👩‍👧 ❤️", "الشركة العربية", "חברה בע״מ", "Ωμέγα Ё", "हिन्दी"]
    content = paper([line(name, "1.00") for name in names], [tax("5.00", "0.95")])

    said = text(pdf(content))

    assert "\x00" not in said
    assert "👨‍👩‍👧" in said
    assert "Ωμέγα" in said


@pytest.mark.parametrize(
    ("name", "code"), [("日本", r"U\+65E5"), ("\U00012345", r"U\+12345"), ("\x07", r"U\+0007")]
)
def test_tm49_a_character_without_glyph_is_named_and_nothing_is_set(name: str, code: str) -> None:
    content = paper({name: "1.00"})

    with pytest.raises(CharacterWithoutGlyph, match=code):
        pdf(content)


@pytest.mark.parametrize("name", HOSTILE)
def test_tm50_a_hostile_name_is_printed_as_it_is(name: str) -> None:
    content = paper({name: "1.00"}, customer=replace(CUSTOMER, legal_name=name, address=name))

    written = pdf(content)

    assert text(written).count(name) >= 3
    assert "root:" not in text(written)
    assert len(pages(written)) == 1


def test_four_hundred_lines_carry_their_sum_from_page_to_page() -> None:
    lines = [line(f"Line {at}", "1.25") for at in range(1, 401)]

    said = pages(pdf(paper(lines, [tax("500.00", "95.00")])))

    assert len(said) > 5
    assert all("Description" in page for page in said if "Line " in page)
    for at, (before, after) in enumerate(pairwise(said), start=1):
        assert f"Page {at} of {len(said)}" in before
        if "Carried forward" in before:
            carried = before.split("Carried forward: ")[1].split("\n")[0].strip()
            assert f"Brought forward: {carried}" in after
    counted = sum(page.count("\nLine ") for page in said[:1])
    assert f"Carried forward: {counted * 1.25:.2f}" in said[0]
    assert "EUR 595.00" in "".join(said[-2:]).replace("\u00a0", " ")


def test_a_credit_note_names_its_invoice_and_a_void_says_nothing_is_owed() -> None:
    note = text(pdf(credit_note([line("Web", "180.00")], [tax("180.00", "34.20")])))
    void = text(
        pdf(
            replace(
                credit_note({}),
                kind="void",
                reason="",
                voided_on=paper({"Web": "1.00"}).issued_on + timedelta(days=3),
                total_minor=11900,
            )
        )
    )

    assert "Credit note" in note
    assert "CF-00000012 of 1 Nov 2026" in note
    assert "EUR 214.20" in note.replace("\u00a0", " ")
    assert "void since 4 Nov 2026" in void
    assert "Nothing of it is owed" in void


def test_money_paid_by_the_day_of_issue_is_taken_off() -> None:
    content = paper([line("Web", "100.00")], [tax("100.00", "19.00")], paid_minor=11900)

    said = text(pdf(content)).replace("\u00a0", " ")

    assert "EUR -119.00" in said
    assert "EUR 0.00" in said
    assert "Nothing is to be paid" in said


def test_an_amount_that_leaves_its_column_fails() -> None:
    shown = printed(paper({"Web": "1.00"}), address=ADDRESS)
    next(row for row in shown["rows"] if row["kind"] == "line")["amount"] = "1,234,567,890.00" * 3

    with pytest.raises(PaperNotSet, match="too wide"):
        set_paper(finished(shown), issued_at=paper({}).issued_at)


def test_what_is_printed_is_all_text() -> None:
    shown = printed(paper([line("Web", "1.00")], [tax("1.00", "0.19")]), address=ADDRESS)

    assert json.loads(json.dumps(shown)) == shown


def test_a_seller_with_little_to_say_leaves_no_gaps() -> None:
    bare = replace(SELLER, registration="", email="", tax_id="")
    lines: Sequence[PaperLine] = [line("Web", "1.00", tax_group="")]

    said = text(pdf(paper(lines, seller=bare)))

    assert " ·  · " not in said
