"""Lines as COPY takes them: what is stored is what was meant, and what was hashed."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from billing.invoicing.documents.content import digest, plain
from billing.invoicing.documents.rows import line_rows
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.models import Invoice, InvoiceLine
from core.canonical_json import digest_of_plain
from core.db.bulk_rows import column_text
from core.periods import Period
from tests.story import Story

APRIL = Period(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
JSON = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def line(**given: Any) -> DraftLine:
    values: dict[str, Any] = {
        "key": "1|dynos|",
        "kind": "usage",
        "subscription_id": 1,
        "price_id": 1,
        "resource_id": None,
        "group_label": "",
        "description": "Dynos",
        "quantity": Decimal("12.50"),
        "unit": "hour",
        "unit_price": None,
        "amount_minor": 125,
        "dimensions": {},
        "explanation": [1, "per_unit", 125],
        "period": APRIL,
    }
    return DraftLine(**values | given)


@given(JSON)
def test_the_fast_digest_is_the_canonical_one(value: Any) -> None:
    assert digest_of_plain(value) == digest(value)


@given(description=TEXTS, explanation=JSON, unit_price=st.none() | st.decimals(0, 10, places=4))
def test_the_digest_of_composed_lines_is_that_of_their_content(
    description: str, explanation: Any, unit_price: Decimal | None
) -> None:
    composed = line(description=description, explanation=explanation, unit_price=unit_price)
    content = {
        "position": 1,
        "key": composed.key,
        "kind": composed.kind,
        "group_label": composed.group_label,
        "description": description,
        "quantity": composed.quantity,
        "unit": composed.unit,
        "unit_price": unit_price,
        "amount_minor": composed.amount_minor,
        "tax_group": composed.tax_group,
        "dimensions": composed.dimensions,
        "explanation": explanation,
        "period_from": plain(APRIL.start),
        "period_until": plain(APRIL.end),
    }
    assert line_rows(7, [composed]).sha256 == digest([content])


@pytest.mark.parametrize(
    ("unit_price", "stored"),
    [
        ("0.1234567890125", "0.123456789013"),
        ("-0.1234567890125", "-0.123456789013"),
        ("0.123456789012", "0.123456789012"),
    ],
)
def test_what_is_hashed_is_rounded_as_its_column_rounds(unit_price: str, stored: str) -> None:
    given, kept = line(unit_price=Decimal(unit_price)), line(unit_price=Decimal(stored))
    assert line_rows(7, [given]) == line_rows(7, [kept])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain · text", "plain · text"),
        ("a\tb\nc\rd", r"a\tb\nc\rd"),
        (r"\N", r"\\N"),
        ('{"say": "\\"hi\\""}', r'{"say": "\\"hi\\""}'),
    ],
)
def test_a_column_reads_as_it_was(value: str, text: str) -> None:
    assert column_text(value) == text


@pytest.mark.django_db
def test_a_line_names_what_is_there_to_stay(story: Story) -> None:
    invoice = Invoice(pk=0)
    with pytest.raises(IntegrityError, match="which is not there to stay"):
        InvoiceLine.objects.create(
            invoice=invoice,
            position=1,
            key="x",
            kind="usage",
            price_id=999_999,
            description="Dynos",
            quantity=Decimal(1),
            amount_minor=1,
            explanation=[],
            period_from=APRIL.start,
            period_until=APRIL.end,
        )
