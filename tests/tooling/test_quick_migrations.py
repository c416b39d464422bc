"""The test database, made quickly, is the one that `migrate` makes."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from benchmarks.databases import empty_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# A day's partition is made when the day comes, and takes what its table has.
_DRAWN = """
    WITH drawn AS (
        SELECT oid FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND NOT relispartition
    )
    SELECT format('%s.%s %s %s %s', attrelid::regclass, attname,
                  format_type(atttypid, atttypmod), attnotnull, attidentity)
      FROM pg_attribute WHERE attrelid IN (SELECT oid FROM drawn) AND attnum > 0
       AND NOT attisdropped
    UNION ALL
    SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid IN (SELECT oid FROM drawn)
    UNION ALL
    SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN (SELECT oid FROM drawn)
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger
     WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM drawn)
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND probin IS NULL
    UNION ALL
    SELECT format('permission %s', codename) FROM auth_permission
"""


def test_what_is_made_quickly_is_what_migrate_makes() -> None:
    with empty_database() as url:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"],
            env=os.environ | {"DATABASE_URL": url},
            check=True,
        )
        with psycopg.connect(url) as other:
            plain = {row[0] for row in other.execute(_DRAWN)}
    with connection.cursor() as cursor:
        cursor.execute(_DRAWN)
        quick = {row[0] for row in cursor.fetchall()}
    assert len(plain) > 1_000
    assert quick == plain
