"""A seller in Berlin since long ago, and one customer of Hamburg with an account in euros."""

from __future__ import annotations

import pytest

from billing.papers.models import Seller
from billing.papers.operations.sellers import SellerTerms, name_seller
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import LONG_AGO, WHY, Story

TERMS = SellerTerms(
    legal_name="Counterfoil Cloud GmbH",
    address="Torstraße 1\n10119 Berlin",
    country="DE",
    tax_id="DE123456788",
    registration="HRB 12345 B",
    iban="DE89370400440532013000",
)
BILLED_TO = {
    "legal_name": "Blaue Werke AG",
    "address": "Hafenweg 7\n20457 Hamburg",
    "tax_id": "DE987654321",
    "country": "DE",
    "language": "de",
}


@pytest.fixture
def seller(db: None) -> Seller:
    return name_seller(terms=TERMS, valid_from=LONG_AGO, at=LONG_AGO, by=ADA, reason=WHY)


@pytest.fixture
def books(seller: Seller, story: Story) -> Books:
    story.on("2026-03-01")
    customer = story.account("Blaue Werke", currency="EUR", zone="Europe/Berlin")
    return Books(story, customer, zone="Europe/Berlin", billed_to=BILLED_TO)
