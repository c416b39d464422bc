"""Two people save what they made from the same sight of a row: one wins, the other is told."""

from __future__ import annotations

import pytest

from accounts.models import Account
from accounts.operations import accounts
from core.db.stamps import ChangedSince, Seen, stamp_of, unchanged
from tests.at_once import at_once
from tests.cast import NOON, account
from tests.people import ADA

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def test_of_two_who_rename_an_account_at_once_one_wins(transactional_db: None) -> None:
    opened = account("Globex")

    def renames(name: str, stamp: str) -> Account:
        with unchanged(opened, stamp):
            return accounts.rename(account=opened, name=name, at=NOON, by=ADA, reason="They asked")

    for turn in range(10):
        stamp, names = stamp_of(Seen.row(opened)), [f"Left {turn}", f"Right {turn}"]
        answers = at_once(*[lambda name=name, stamp=stamp: renames(name, stamp) for name in names])
        assert [isinstance(answer, ChangedSince) for answer in answers].count(True) == 1
        (winner,) = [answer.name for answer in answers if isinstance(answer, Account)]
        opened.refresh_from_db()
        assert opened.name == winner
