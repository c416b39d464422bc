"""What a printed code leads to: which paper it is, how it stands now, and the digests of its files.

Says nothing of whom a paper is for. Signed, it is checked offline by `billing.verifier`, which adds
its amounts up again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings

from billing.invoicing.models import Invoice
from billing.invoicing.proofs.signing import sign
from billing.invoicing.tax import TaxRounding
from billing.papers.codes import UnknownCode, read_code, spoken_code
from billing.papers.content import PaperContent, PaperTax
from billing.papers.models import Paper, PaperFile
from billing.papers.queries.papers import invoice_of, number_of_paper
from billing.papers.reading import WITH_SUBJECTS, content_of
from billing.verifier.papers import PAPER_FORMAT
from billing.verifier.proofs import digest_of
from core.decimals import decimal_text
from core.money import Money

_NAMES: Final = {
    Paper.Kind.INVOICE: "Invoice",
    Paper.Kind.CREDIT_NOTE: "Credit note",
    Paper.Kind.VOID: "Void of invoice",
}


@dataclass(frozen=True, slots=True)
class PaperProof:
    """A paper as whoever holds it may compare it."""

    kind: str
    number: str
    code: str
    content: PaperContent
    invoice: Invoice
    files: Sequence[PaperFile]
    voided_at: datetime | None

    @property
    def name(self) -> str:
        """What kind of paper it is."""
        return _NAMES[Paper.Kind(self.kind)]

    @property
    def spoken_code(self) -> str:
        """The code as printed."""
        return spoken_code(self.code)

    @property
    def invoice_ref(self) -> str:
        """The invoice it is of, or whose note or void it is."""
        return self.invoice.number or self.invoice.public_id

    @property
    def issued_on(self) -> date:
        """The day that is printed."""
        return self.content.issued_on

    @property
    def total(self) -> Money:
        """What is printed as the total."""
        return self.content.money(self.content.total_minor)

    @property
    def content_sha256(self) -> str:
        """The digest of what was sealed at issue."""
        return self.content.content_sha256


def find_proof(text: str) -> PaperProof:
    """What a code leads to. Raises: UnknownCode, NoSeller."""
    papers = Paper.objects.select_related(*WITH_SUBJECTS)
    paper = papers.filter(code=read_code(text)).first()
    if paper is None:
        raise UnknownCode("No document of ours has this code.")
    invoice = invoice_of(paper)
    void = getattr(invoice, "void", None)
    return PaperProof(
        kind=paper.kind,
        number=number_of_paper(paper),
        code=paper.code,
        content=content_of(paper),
        invoice=invoice,
        files=[file for file in paper.files.order_by("pk") if file.is_made],
        voided_at=void.effective_at if void is not None else None,
    )


def signed_proof(proof: PaperProof, *, at: datetime) -> dict[str, Any]:
    """The proof as a signed document, as it stands at `at`."""
    content = proof.content
    statement: dict[str, Any] = {
        "format": PAPER_FORMAT,
        "kind": proof.kind,
        "number": proof.number,
        "code": proof.code,
        "issued_on": proof.issued_on.isoformat(),
        "currency": content.currency,
        "refers_to": content.refers_to.number if content.refers_to is not None else None,
        "lines": [_amount(line.amount_minor, content) for line in content.lines],
        "taxes": [_tax(tax, content) for tax in content.taxes],
        "subtotal": _amount(content.subtotal_minor, content),
        "tax": _amount(content.tax_minor, content),
        "carried": _amount(content.carried_minor, content),
        "total": _amount(content.total_minor, content),
        "content_sha256": content.content_sha256,
        "files": {f"{file.format}:{file.language}": file.sha256 for file in proof.files},
        "invoice_void_since": proof.voided_at.isoformat() if proof.voided_at else None,
        "as_of": at.isoformat(),
    }
    return sign(_sealed(statement), settings.PROOF_SIGNING_KEY)


def _tax(tax: PaperTax, content: PaperContent) -> dict[str, Any]:
    """A tax group; what is unusual about how it was worked out is said only then."""
    said: dict[str, Any] = {
        "rate": decimal_text(tax.rate),
        "base": _amount(tax.base_minor, content),
        "tax": _amount(tax.tax_minor, content),
    }
    if tax.rounding is not TaxRounding.HALF_UP:
        said["rounding"] = tax.rounding.value
    return said | {"included": True} if tax.is_included else said


def _sealed(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {**statement, "digest": digest_of(statement)}


def _amount(minor: int, content: PaperContent) -> str:
    return str(content.money(minor).amount)
