"""Commands that change tables refuse what can only be a slip, in words, before they begin."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("make_partitions", ("--days", "-1"), "Days ahead are 0 to 366, not -1"),
        ("make_partitions", ("--days", "100000"), "not 100000. Nothing was made"),
        ("rebuild_rollups", ("--account", "acc_none"), "There is no account acc_none"),
    ],
)
def test_a_slip_is_refused_before_anything_changes(
    command: str, options: tuple[str, ...], words: str
) -> None:
    captured = CaptureQueriesContext(connection)
    with captured, pytest.raises(CommandError, match=words):
        call_command(command, *options)
    assert not [each for each in captured.captured_queries if "SELECT" not in each["sql"]]
