"""Before anything happened every screen opens, and says what would fill it."""

from __future__ import annotations

import pytest

from accounts.permissions import Role
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.test_invoice_page import words


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/", "Nothing waits for you."),
        ("/accounts/", "There are no accounts yet."),
        ("/invoices/", "No invoices yet."),
        ("/usage/events/", "No event of this day."),
        ("/usage/quarantine/", "Nothing is in quarantine."),
        ("/usage/late/", "No difference is open here."),
        ("/usage/backfills/", "Nothing was reported again so far."),
        ("/runs/", "No run yet."),
        ("/oncall/", "Nothing was released, paused or run."),
        ("/runs/parallel/", "No comparison yet."),
        ("/catalogue/", "No plan yet."),
        ("/catalogue/meters/", "No meter yet."),
        ("/search/?q=acme", "Nothing found for “acme”."),
    ],
)
def test_an_empty_screen_says_what_would_fill_it(path: str, sentence: str, db: None) -> None:
    client = client_of(person("sena", Role.SENIOR_SUPPORT))

    assert sentence in words(client.get(path).content)
