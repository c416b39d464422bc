"""The table of errors in docs/api.md has every code that a request can be answered with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.problems import _SAID_OF_STATUS
from core.errors import Conflict, DomainError, Forbidden, Invalid, Malformed, NotFound, TooLarge
from tests.api.reachable_errors import reachable

NEVER_TOLD = {
    "allocation_weights_invalid": "amounts are shared among what there is",
    "amount_not_finite": "amounts are read before",
    "currency_mismatch": "amounts are compared in one currency",
    "cut_outside_period": "cuts are made of the period",
    "date_outside_calendar": "days are read before",
    "day_not_behind": "the console alone asks for evidence by day",
    "decimal_refused": "the field is named with a code of its own",
    "expression_invalid": "expressions of meters are read when the meter is made",
    "hold_over": "a contested line holds no more than there is",
    "instant_not_utc": "instants are made of UTC",
    "json_value": "the field is named with a code of its own",
    "more_than_can_be_held": "a contested line holds no more than there is",
    "no_superuser": "nobody is made by the API",
    "paper_character_without_glyph": "files are made by workers; the row of the file says it",
    "paper_not_an_einvoice": "files are made by workers; the row of the file says it",
    "paper_not_set": "files are made by workers; the row of the file says it",
    "period_invalid": "said by the kinds of it",
}
BASES = (DomainError, Conflict, Forbidden, Invalid, Malformed, NotFound, TooLarge)


def rows() -> list[tuple[int, str]]:
    """Status and code, as the table prints them."""
    text = Path("docs/api.md").read_text().partition("| status | code | means |")[2]
    table = text.partition("\n\n")[0].splitlines()
    found = []
    for line in filter(lambda line: re.match(r"\| [1-5]\d\d ", line), table):
        _, status, codes, *_ = line.split("|")
        found += [(int(status), code) for code in re.findall(r"`([^`]+)`", codes)]
    return found


TOLD = {
    code: error
    for code, error in reachable().items()
    if error not in BASES and code not in NEVER_TOLD
}


@pytest.mark.parametrize("code", sorted(TOLD))
def test_a_code_that_can_be_answered_stands_in_the_table_with_its_status(code: str) -> None:
    assert (TOLD[code].status, code) in rows()


@pytest.mark.parametrize("status", sorted(_SAID_OF_STATUS))
def test_so_do_the_refusals_of_the_door_itself(status: int) -> None:
    assert (status, _SAID_OF_STATUS[status][0]) in rows()


def test_what_is_said_never_to_be_told_is_known() -> None:
    assert set(NEVER_TOLD) <= set(reachable())


def test_rules_far_below_a_door_are_found() -> None:
    assert {"period_locked", "more_than_refundable", "usage_unsettled"} <= set(TOLD)
