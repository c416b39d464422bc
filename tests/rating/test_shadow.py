"""Two raters, written apart, must agree on every line of every document."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from billing.rating import DocumentRefused, quote
from billing.verifier.arithmetic import recompute
from tests.rating.documents import Document, pricing_documents


def lines_of(answer: dict[str, Any]) -> list[tuple[str, str, Fraction, Fraction]]:
    return [
        (
            line["key"],
            line["kind"],
            Fraction(line["exact_amount"]),
            Fraction(line["amount"]),
        )
        for line in answer["lines"]
    ]


# A night's worth: SHADOW_EXAMPLES=1000000 python -m pytest tests/rating/test_shadow.py
EXAMPLES = int(os.environ.get("SHADOW_EXAMPLES", "100"))


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
)
@given(pricing_documents())
def test_the_shadow_rater_agrees_to_the_last_digit(document: Document) -> None:
    try:
        answer = quote(document)
    except DocumentRefused as refused:
        # Splits whose earlier events are unknown cannot be rated by anybody.
        assume({error.code for error in refused.errors} != {"cannot_rate"})
        raise
    shadow = recompute(document)
    assert lines_of(answer) == lines_of(shadow)
    for name in ("subtotal", "tax", "credits", "total"):
        assert Fraction(answer[name]) == shadow[name]
