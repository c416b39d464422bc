"""The feed passes over nothing: neither what commits late, nor what several write at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction

from eventing.audience import Audience
from eventing.models import FeedEntry, OutboxEvent, UntoldEvent
from eventing.operations.telling import tell
from eventing.publish import publish
from eventing.queries.feed import feed_page, last_position, open_since
from tests.cast import NOON

HOUSE = Audience()


def told(after: int = 0) -> list[str]:
    page = feed_page(HOUSE, after=after, size=1_000)
    return [each.event.subject for each in page.entries]


def happened(subject: str) -> None:
    with transaction.atomic():
        publish("invoice.issued", subject, {}, at=NOON)


def test_what_happened_gets_places_in_its_order(db: None) -> None:
    for number in range(3):
        happened(f"inv_{number}")
    assert told() == []
    assert tell(at=NOON) == 3
    assert told() == ["inv_0", "inv_1", "inv_2"]
    assert tell(at=NOON) == 0
    assert not UntoldEvent.objects.exists()


def test_a_page_says_where_to_go_on(db: None) -> None:
    for number in range(5):
        happened(f"inv_{number}")
    tell(at=NOON)
    first = feed_page(HOUSE, after=0, size=2)
    assert ([each.event.subject for each in first.entries], first.has_more) == (
        ["inv_0", "inv_1"],
        True,
    )
    rest = feed_page(HOUSE, after=first.after, size=3)
    assert ([each.event.subject for each in rest.entries], rest.has_more) == (
        ["inv_2", "inv_3", "inv_4"],
        False,
    )
    nothing = feed_page(HOUSE, after=rest.after, size=3)
    assert (nothing.after, nothing.has_more) == (rest.after, False)


def test_more_than_one_round_is_told_at_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventing.operations.telling.AT_ONCE", 2)
    for number in range(5):
        happened(f"inv_{number}")
    assert tell(at=NOON) == 5
    assert len(told()) == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
class TestLateCommits:
    def test_td50_what_commits_late_is_passed_over_by_nobody(self) -> None:
        """T1 takes a number, T2 the next and commits; then T1 does."""
        taken, go = Event(), Event()

        def slow() -> None:
            try:
                with transaction.atomic():
                    publish("invoice.issued", "inv_slow", {}, at=NOON)
                    taken.set()
                    assert go.wait(timeout=30)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(slow)
            assert taken.wait(timeout=30)
            happened("inv_fast")
            tell(at=NOON)
            seen = feed_page(HOUSE, after=0, size=10)
            assert [each.event.subject for each in seen.entries] == ["inv_fast"]
            assert open_since() is not None
            numbers = dict(OutboxEvent.objects.values_list("subject", "id"))
            go.set()
            first.result(timeout=30)
        tell(at=NOON)
        assert told(after=seen.after) == ["inv_slow"]
        late = OutboxEvent.objects.get(subject="inv_slow")
        assert late.pk < numbers["inv_fast"]
        assert told() == ["inv_fast", "inv_slow"]

    def test_m7_eight_writers_and_a_reader_lose_nothing(self) -> None:
        """By number, "greater than the last one seen" lost 1,468 of 3,705."""
        writers, each_tells = 8, 25
        done = Event()

        def write(writer: int) -> None:
            try:
                for number in range(each_tells):
                    with transaction.atomic():
                        publish("invoice.issued", f"inv_{writer}_{number}", {}, at=NOON)
                        publish("resource.transferred", f"res_{writer % 2}", {}, at=NOON)
            finally:
                connection.close()

        def read() -> list[tuple[str, int]]:
            try:
                seen: list[tuple[str, int]] = []
                after = 0
                while True:
                    is_over = done.is_set() and not UntoldEvent.objects.exists()
                    tell(at=NOON)
                    page = feed_page(HOUSE, after=after, size=50)
                    seen += [(each.event.subject, each.event.sequence) for each in page.entries]
                    after = page.after
                    if is_over and not page.entries:
                        return seen
            finally:
                connection.close()

        with ThreadPoolExecutor(writers + 2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for each in [pool.submit(write, writer) for writer in range(writers)]:
                each.result(timeout=60)
            done.set()
            seen, also_seen = [each.result(timeout=60) for each in readers]
        assert seen == also_seen
        assert len(seen) == len(set(seen)) == writers * each_tells * 2
        for resource in ("res_0", "res_1"):
            numbers = [sequence for subject, sequence in seen if subject == resource]
            assert numbers == list(range(1, len(numbers) + 1))
        assert last_position() == FeedEntry.objects.count()


def test_a_place_is_never_given_anew(db: None) -> None:
    happened("inv_1")
    tell(at=NOON)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        FeedEntry.objects.update(position=9)
