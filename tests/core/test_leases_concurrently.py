"""Several workers at once, each on a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from core import leases
from core.db.transactions import NoTransaction
from tests.cast import NOON
from tests.core.errands import MINUTE, claim, errand, shared_errands_table

__all__ = ["shared_errands_table"]

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("shared_errands_table")]


def test_two_workers_never_claim_the_same_item() -> None:
    for n in range(40):
        errand(f"errand {n}")
    start = Barrier(4)

    def work() -> list[int]:
        try:
            start.wait()
            return [item.pk for _ in range(5) for item in claim(limit=3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = [pk for each in pool.map(lambda _: work(), range(4)) for pk in each]
    assert len(claimed) == len(set(claimed)) == 40


def test_an_effect_holds_the_item_until_it_commits() -> None:
    errand()
    (mine,) = claim()

    def others_claim() -> int:
        try:
            return len(claim(at=NOON + MINUTE))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            leases.hold(mine)
            assert pool.submit(others_claim).result() == 0
        assert pool.submit(others_claim).result() == 1


def test_an_effect_outside_a_transaction_is_a_defect() -> None:
    errand()
    (mine,) = claim()
    with pytest.raises(NoTransaction):
        leases.hold(mine)
