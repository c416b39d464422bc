"""The formats of a paper: a name, a media type, an ending, and what makes the bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from billing.papers.content import PaperContent
from billing.papers.formats.cii import as_cii
from billing.papers.formats.csv_file import as_csv
from billing.papers.formats.html import as_html
from billing.papers.formats.json_file import as_json
from billing.papers.formats.pdf import as_pdf
from billing.papers.formats.ubl import as_ubl
from billing.papers.models import PaperFile
from billing.papers.printed import printed


@dataclass(frozen=True, slots=True)
class PaperFormat:
    """One format. `make` takes the content and the address its code leads to."""

    media_type: str
    ending: str
    make: Callable[[PaperContent, str], bytes]


FORMATS: Final[Mapping[str, PaperFormat]] = {
    PaperFile.Format.PDF.value: PaperFormat(
        "application/pdf",
        "pdf",
        lambda content, address: as_pdf(
            printed(content, address=address), issued_at=content.issued_at
        ),
    ),
    PaperFile.Format.HTML.value: PaperFormat(
        "text/html; charset=utf-8",
        "html",
        lambda content, address: as_html(printed(content, address=address)),
    ),
    PaperFile.Format.CSV.value: PaperFormat(
        "text/csv; charset=utf-8", "csv", lambda content, address: as_csv(content)
    ),
    PaperFile.Format.JSON.value: PaperFormat(
        "application/json", "json", lambda content, address: as_json(content)
    ),
    PaperFile.Format.UBL.value: PaperFormat(
        "application/xml", "ubl.xml", lambda content, address: as_ubl(content)
    ),
    PaperFile.Format.CII.value: PaperFormat(
        "application/xml", "cii.xml", lambda content, address: as_cii(content)
    ),
}
