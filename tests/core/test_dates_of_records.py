"""The records read no day that two countries read differently, and show none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.utils.formats import date_format


def test_a_day_in_numbers_is_read_from_the_year_on_and_no_other_way() -> None:
    field = forms.DateField()

    assert field.clean("2026-10-14") == field.clean("14 Oct 2026") == date(2026, 10, 14)
    for text in ("10/11/2026", "10/11/26", "11-10-2026"):
        with pytest.raises(forms.ValidationError):
            field.clean(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("DATE_FORMAT", "14 Oct 2026"),
        ("SHORT_DATE_FORMAT", "14 Oct 2026"),
        ("DATETIME_FORMAT", "14 Oct 2026, 21:05"),
        ("SHORT_DATETIME_FORMAT", "14 Oct 2026, 21:05"),
        ("TIME_FORMAT", "21:05"),
    ],
)
def test_a_day_is_shown_with_the_name_of_its_month(name: str, shown: str) -> None:
    assert date_format(datetime(2026, 10, 14, 21, 5, tzinfo=UTC), name) == shown
