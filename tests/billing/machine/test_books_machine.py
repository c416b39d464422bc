"""Whatever is done to the books, in whatever order, they add up after every step."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.billing.machine.books_machine import BooksMachine

EXAMPLES = int(os.environ.get("EXAMPLES", "8"))


@pytest.mark.django_db
def test_the_books_add_up_whatever_is_done_in_whatever_order() -> None:
    run_state_machine_as_test(
        BooksMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize="EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
