"""A fact is told exactly when its change happened, in one order per subject."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from core.db.transactions import NoTransaction
from eventing.models import OutboxEvent
from eventing.publish import Fact, publish, publish_all
from tests.cast import NOON


def told(subject: str) -> list[tuple[int, str]]:
    events = OutboxEvent.objects.filter(subject=subject).order_by("sequence")
    return list(events.values_list("sequence", "type"))


def test_facts_are_numbered_per_subject(db: None) -> None:
    publish("invoice.drafted", "inv_1", {}, at=NOON)
    publish("invoice.drafted", "inv_2", {}, at=NOON)
    publish("invoice.issued", "inv_1", {"total": "10.00"}, at=NOON)
    assert told("inv_1") == [(1, "invoice.drafted"), (2, "invoice.issued")]
    assert told("inv_2") == [(1, "invoice.drafted")]


def test_many_facts_keep_their_order(db: None) -> None:
    publish("invoice.drafted", "inv_1", {}, at=NOON)
    publish_all(
        [
            Fact("invoice.issued", "inv_1", {}),
            Fact("invoice.drafted", "inv_2", {}),
            Fact("invoice.paid", "inv_1", {}),
        ],
        at=NOON,
    )
    assert told("inv_1") == [(1, "invoice.drafted"), (2, "invoice.issued"), (3, "invoice.paid")]
    assert told("inv_2") == [(1, "invoice.drafted")]


def test_a_thousand_facts_take_one_statement(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    facts = [Fact("invoice.issued", f"inv_{n:04}", {"n": str(n)}) for n in range(1000)]
    with django_assert_num_queries(1):
        publish_all(facts, at=NOON)
    assert OutboxEvent.objects.get(subject="inv_0777").payload == {"n": "777"}


@pytest.mark.django_db(transaction=True)
class TestOutsideATransaction:
    def test_nothing_is_published(self) -> None:
        with pytest.raises(NoTransaction):
            publish("invoice.issued", "inv_1", {}, at=NOON)

    def test_a_change_that_is_undone_is_not_told(self) -> None:
        def issue_and_fail() -> None:
            with transaction.atomic():
                publish("invoice.issued", "inv_1", {}, at=NOON)
                raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            issue_and_fail()
        assert not OutboxEvent.objects.exists()

    @pytest.mark.concurrency
    def test_concurrent_facts_of_one_subject_leave_no_gap(self) -> None:
        start = Barrier(4)

        def tell() -> None:
            try:
                start.wait()
                for _ in range(25):
                    with transaction.atomic():
                        publish("resource.changed", "res_1", {}, at=NOON)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            for told_all in [pool.submit(tell) for _ in range(4)]:
                told_all.result()
        assert [sequence for sequence, _ in told("res_1")] == list(range(1, 101))


def test_a_float_amount_in_a_payload_is_still_no_nan(db: None) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        publish("invoice.issued", "inv_1", {"total": float("nan")}, at=NOON)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE eventing_outboxevent SET type = 'x'",
        "DELETE FROM eventing_outboxevent",
        "TRUNCATE eventing_outboxevent CASCADE",
    ],
)
def test_a_fact_is_never_taken_back(db: None, statement: str) -> None:
    publish("invoice.issued", "inv_1", {}, at=NOON)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
