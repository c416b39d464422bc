"""Lets a test empty append-only tables between cases, and nothing else do so.

Transactional tests end with TRUNCATE, which those tables refuse. Here, as the owner of the tables
and for that one statement, the triggers that refuse it are switched off and on again.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

# 32 is the bit of TRUNCATE in pg_trigger.tgtype.
_SWITCH = """
    DO $$ DECLARE refusing record; BEGIN
        FOR refusing IN
            SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger
            WHERE (tgtype & 32) <> 0 AND NOT tgisinternal AND tgname LIKE '%no_truncate%'
        LOOP
            EXECUTE format('ALTER TABLE %s {} TRIGGER %I', refusing.relation, refusing.tgname);
        END LOOP;
    END $$;
"""


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied() -> Iterator[None]:
    real_sql_flush = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        truncate = real_sql_flush(self, *args, **kwargs)
        return [_SWITCH.format("DISABLE"), *truncate, _SWITCH.format("ENABLE")]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield
