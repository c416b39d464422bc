"""Public ids name their kind, sort by age and never repeat."""

import pytest
import time_machine

from core.ids import PREFIXES, UnknownId, new_id, parse_id


def test_an_id_says_what_it_is() -> None:
    made = new_id("inv")
    assert made.startswith("inv_")
    assert len(made) == 30
    assert parse_id(made, "inv") == made


def test_ids_sort_by_age() -> None:
    with time_machine.travel("2026-01-31T23:59:59.998Z", tick=False):
        older = new_id("inv")
    with time_machine.travel("2026-01-31T23:59:59.999Z", tick=False):
        newer = new_id("inv")
    assert older < newer


def test_a_thousand_ids_of_one_millisecond_differ() -> None:
    with time_machine.travel("2026-01-31T00:00:00Z", tick=False):
        assert len({new_id("evt") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "inv",
        "inv_",
        "inv_short",
        "acc_" + "0" * 26,  # another kind
        "inv_" + "0" * 25 + "u",  # u is no letter of the alphabet
        "inv_" + "0" * 25 + "A",
        "inv_" + "0" * 27,
        "inv_" + "٠" * 26,  # arabic digits are digits elsewhere
    ],
)
def test_anything_else_is_no_invoice_id(text: str) -> None:
    with pytest.raises(UnknownId):
        parse_id(text, "inv")


def test_an_unregistered_prefix_is_a_defect() -> None:
    with pytest.raises(KeyError, match="zzz"):
        new_id("zzz")


def test_prefixes_are_three_letters_and_unique_in_meaning() -> None:
    assert all(len(prefix) == 3 and prefix.islower() for prefix in PREFIXES)
    assert len(set(PREFIXES.values())) == len(PREFIXES)
