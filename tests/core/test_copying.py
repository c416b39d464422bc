"""COPY fails as every other statement does."""

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from core.db.copying import CopyUnderWay, copying
from eventing.models import OutboxEvent

INTO = (
    "COPY eventing_outboxevent (public_id, type, subject, sequence, payload, created_at) FROM STDIN"
)
ROW = "evt_1\tthing.happened\tthing_1\t{}\t{{}}\t2026-05-01T00:00:00Z\n"


def test_what_is_written_is_there_when_the_block_has_ended(db: None) -> None:
    with copying(INTO) as copy:
        copy.write(ROW.format(1))
    assert OutboxEvent.objects.get().subject == "thing_1"


@pytest.mark.parametrize(
    ("text", "error"), [(ROW.format("many"), DataError), (ROW.format(0), IntegrityError)]
)
def test_its_errors_are_those_of_django(db: None, text: str, error: type[Exception]) -> None:
    with pytest.raises(error), transaction.atomic(), copying(INTO) as copy:
        copy.write(text)
    assert connection.is_usable()
    assert not OutboxEvent.objects.exists()


def test_a_question_in_the_middle_of_a_copy_waited_for_ever(db: None) -> None:
    with pytest.raises(CopyUnderWay), transaction.atomic(), copying(INTO):
        OutboxEvent.objects.exists()
    assert not OutboxEvent.objects.exists()
