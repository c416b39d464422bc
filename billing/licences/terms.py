"""The terms of a licence as a document: what a quote offers and an acceptance makes.

Owns the fields, their reader and what is wrong with them together. Days are of the account's zone,
half-open: `until` is the first day after the term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from approvals.payloads import PayloadReader
from billing.licences.models import LicenseProduct
from billing.licences.windows import CutWindow, Pace, RampStep, Rollover, WindowLength
from core.canonical_json import digest_of_plain
from core.decimals import decimal_text
from core.errors import Invalid

THRESHOLDS: Final = (80, 90, 100)
"""Shares of a window that are told where a quote names none, in per cent."""


class LicenseTermsInvalid(Invalid):
    """The terms contradict themselves; the field is named."""

    code = "license_terms_invalid"
    title = "These terms cannot hold"


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What is sold: units at a price each, in the account's currency, and what is beyond them."""

    code: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    unit: str = ""
    overage_price: Decimal | None = None
    billed: str = LicenseProduct.Billed.MONTHLY


@dataclass(frozen=True, slots=True)
class CommitmentTerms:
    """A pool of a product; scope and draw order are those of the rows it becomes."""

    product: str
    name: str
    pace: Pace
    unit: str = ""
    priority: int = 100
    is_promotional: bool = False
    is_counted: bool = False
    product_codes: Sequence[str] = ()
    account_ids: Sequence[str] = ()
    thresholds: Sequence[int] = THRESHOLDS


@dataclass(frozen=True, slots=True)
class LicenseTerms:
    """All that is agreed. The term is [starts_on, until) in local days of the account."""

    name: str
    starts_on: date
    until: date
    products: Sequence[ProductTerms]
    commitments: Sequence[CommitmentTerms] = ()
    purchase_order: str = ""
    renewal_notice_on: date | None = None

    def check(self) -> None:
        """Raises: LicenseTermsInvalid."""
        if not self.name.strip():
            raise LicenseTermsInvalid("A licence has a name. Nothing was saved.", field="name")
        if self.until <= self.starts_on:
            raise LicenseTermsInvalid(
                f"The term begins on {self.starts_on} and must end after that. Nothing was saved.",
                field="until",
            )
        if self.until.year - self.starts_on.year > _YEARS_MAX:
            raise LicenseTermsInvalid(
                f"A term has {_YEARS_MAX} years at most. Nothing was saved.", field="until"
            )
        codes = [product.code for product in self.products]
        if not codes:
            raise LicenseTermsInvalid(
                "A licence sells at least one product. Nothing was saved.", field="products"
            )
        if len(set(codes)) < len(codes):
            raise LicenseTermsInvalid(
                "Each product is named once. Nothing was saved.", field="products"
            )
        for commitment in self.commitments:
            _check_commitment(commitment, codes)


_YEARS_MAX = 10
_LONGEST_CODE = 64


def _check_commitment(commitment: CommitmentTerms, codes: Sequence[str]) -> None:
    pace = commitment.pace
    if commitment.product not in codes:
        raise LicenseTermsInvalid(
            f"{commitment.name} is of a product {commitment.product!r} that the licence does not "
            "sell. Nothing was saved.",
            field="commitments",
        )
    if pace.cap is not None and pace.rollover is Rollover.NONE:
        raise LicenseTermsInvalid(
            f"{commitment.name} has a most that rolls on, and nothing rolls. Nothing was saved.",
            field="rollover_cap",
        )
    if commitment.is_counted and pace.rollover is not Rollover.NONE:
        raise LicenseTermsInvalid(
            f"{commitment.name} is made good window by window, so nothing of it rolls on. "
            "Nothing was saved.",
            field="rollover",
        )
    first = [step.from_window for step in pace.ramp]
    if len(set(first)) < len(first):
        raise LicenseTermsInvalid(
            f"Two steps of the ramp of {commitment.name} begin with one window. Nothing was saved.",
            field="ramp",
        )
    if any(not 1 <= each <= 100 for each in commitment.thresholds):
        raise LicenseTermsInvalid(
            "What is told are shares of 1 to 100 per cent. Nothing was saved.", field="thresholds"
        )


def document_of(terms: LicenseTerms) -> dict[str, Any]:
    """The terms as a document: the same terms give the same."""
    return {
        "name": terms.name.strip(),
        "starts_on": terms.starts_on.isoformat(),
        "until": terms.until.isoformat(),
        "purchase_order": terms.purchase_order,
        "renewal_notice_on": terms.renewal_notice_on.isoformat() if terms.renewal_notice_on else "",
        "products": [
            {
                "code": each.code,
                "name": each.name,
                "quantity": decimal_text(each.quantity),
                "unit": each.unit,
                "unit_price": decimal_text(each.unit_price),
                "overage_price": _text_or_nothing(each.overage_price),
                "billed": str(each.billed),
            }
            for each in terms.products
        ],
        "commitments": [_commitment_document(each) for each in terms.commitments],
    }


def _commitment_document(each: CommitmentTerms) -> dict[str, Any]:
    pace = each.pace
    return {
        "product": each.product,
        "name": each.name,
        "unit": each.unit,
        "window": pace.window.value,
        "quantity": decimal_text(pace.quantity),
        "ramp": [
            {"from_window": step.from_window, "quantity": decimal_text(step.quantity)}
            for step in pace.ramp
        ],
        "cut": pace.cut.value,
        "rollover": pace.rollover.value,
        "rollover_cap": _text_or_nothing(pace.cap),
        "places": pace.places,
        "priority": each.priority,
        "promotional": each.is_promotional,
        "counted": each.is_counted,
        "product_codes": sorted(each.product_codes),
        "accounts": sorted(each.account_ids),
        "thresholds": [str(share) for share in sorted(each.thresholds)],
    }


def _text_or_nothing(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document of terms."""
    return digest_of_plain(dict(document))


def read_terms(document: Mapping[str, Any]) -> LicenseTerms:
    """Read and check a document of terms. Raises: PayloadInvalid, LicenseTermsInvalid."""
    reader = PayloadReader(document)
    terms = LicenseTerms(
        name=_label(reader, "name"),
        starts_on=_day(reader, "starts_on"),
        until=_day(reader, "until"),
        purchase_order=reader.text("purchase_order"),
        renewal_notice_on=_optional_day(reader, "renewal_notice_on"),
        products=[_product(each) for each in reader.parts("products")],
        commitments=[_commitment(each) for each in reader.parts("commitments")],
    )
    reader.end()
    terms.check()
    return terms


def _optional_day(reader: PayloadReader, name: str) -> date | None:
    text = reader.text(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise reader.wrong(name, "Expected a day such as 2026-02-01.") from None


def _day(reader: PayloadReader, name: str) -> date:
    day = _optional_day(reader, name)
    if day is None:
        raise reader.wrong(name, "Say a day such as 2026-02-01.")
    return day


def _number(reader: PayloadReader, name: str) -> Decimal:
    number = reader.decimal(name)
    if number is None:
        raise reader.wrong(name, "Say a number.")
    return number


def _product(reader: PayloadReader) -> ProductTerms:
    found = ProductTerms(
        code=_label(reader, "code", longest=_LONGEST_CODE),
        name=_label(reader, "name"),
        quantity=_number(reader, "quantity"),
        unit=_unit(reader),
        unit_price=_number(reader, "unit_price"),
        overage_price=reader.decimal("overage_price"),
        billed=reader.one_of("billed", LicenseProduct.Billed.values, default="monthly"),
    )
    reader.end()
    return found


def _commitment(reader: PayloadReader) -> CommitmentTerms:
    found = CommitmentTerms(
        product=reader.text("product"),
        name=_label(reader, "name"),
        unit=_unit(reader),
        pace=Pace(
            window=WindowLength(reader.one_of("window", list(WindowLength), default="month")),
            quantity=_number(reader, "quantity"),
            ramp=[_ramp_step(each) for each in reader.parts("ramp")],
            cut=CutWindow(reader.one_of("cut", list(CutWindow), default="prorated")),
            rollover=Rollover(reader.one_of("rollover", list(Rollover), default="none")),
            cap=reader.decimal("rollover_cap"),
            places=reader.whole("places", least=0, most=6, default=2),
        ),
        priority=reader.whole("priority", least=0, most=1_000, default=100),
        is_promotional=reader.flag("promotional"),
        is_counted=reader.flag("counted"),
        product_codes=reader.texts("product_codes"),
        account_ids=reader.texts("accounts"),
        thresholds=_thresholds(reader),
    )
    reader.end()
    return found


def _ramp_step(reader: PayloadReader) -> RampStep:
    step = RampStep(reader.whole("from_window", least=1, most=1_000), _number(reader, "quantity"))
    reader.end()
    return step


def _thresholds(reader: PayloadReader) -> Sequence[int]:
    given = reader.texts("thresholds")
    if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in given):
        raise reader.wrong("thresholds", 'Expected whole numbers of per cent, such as "80".')
    return sorted({int(each) for each in given}) or THRESHOLDS


def _label(reader: PayloadReader, name: str, *, longest: int = 200) -> str:
    text = reader.text(name)
    if not 0 < len(text) <= longest:
        raise reader.wrong(name, f"Expected a text of 1 to {longest} characters.")
    return text


def _unit(reader: PayloadReader) -> str:
    unit = reader.text("unit")
    if len(unit) > _LONGEST_CODE:
        raise reader.wrong("unit", f"Expected a text of up to {_LONGEST_CODE} characters.")
    return unit
