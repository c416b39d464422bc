"""What production refuses is refused here: the processes own no table, whatever they say.

The roles are the embedded services' own; the rights are given in the test's database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ProgrammingError

from core.db.limits import end_overlong_transactions
from core.db.roles import OWNER, REPORTING, ROLES, WEB, WORKER, DatabaseRole, grant_rights
from tests.billing.prices import per_unit, requests
from tests.cast import person
from tests.story import Story, lines
from tests.usage.world import LATER
from usage.partitions import ensure_ahead, missing_days

URLS: dict[str, str] = json.loads(os.environ.get("DATABASE_ROLE_URLS", "{}"))
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not URLS, reason="the environment names a database; it has its own roles"),
]


@pytest.fixture(autouse=True)
def _rights(transactional_db: None) -> None:
    """The roles' rights to the tables of the test's database."""
    with connection.cursor() as cursor:
        assert set(grant_rights(cursor)) == {role.name for role in ROLES}
        # As database_roles does for the database of an installation.
        cursor.execute(f"REVOKE ALL ON DATABASE {connection.settings_dict['NAME']} FROM PUBLIC")
        for role in (WEB, WORKER, REPORTING):
            cursor.execute(
                f"GRANT CONNECT ON DATABASE {connection.settings_dict['NAME']} TO {role.name}"
            )


@contextmanager
def connected_as(role: DatabaseRole) -> Iterator[Any]:
    """All that the product does in here, it does as that role."""
    url, ours = urlsplit(URLS[role.name]), connection.settings_dict.copy()
    connection.close()
    connection.settings_dict.update(USER=url.username, PASSWORD=url.password)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
        connection.settings_dict.update(USER=ours["USER"], PASSWORD=ours["PASSWORD"])


REFUSED = [
    "ALTER TABLE invoicing_invoice DISABLE TRIGGER ALL",
    "TRUNCATE invoicing_invoice CASCADE",
    "TRUNCATE usage_event",
    "DROP FUNCTION usage_make_event_partition",
    "ALTER TABLE accounts_account ADD COLUMN sly text",
    "CREATE TABLE sly ()",
    "CREATE TEMPORARY TABLE sly ()",
    "CREATE FUNCTION sly() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "UPDATE django_migrations SET applied = now()",
    "ALTER ROLE counterfoil_worker SUPERUSER",
    "GRANT counterfoil_owner TO counterfoil_web",
    "SET ROLE counterfoil_owner",
]


@pytest.mark.parametrize("role", [WEB, WORKER], ids=lambda role: role.name)
@pytest.mark.parametrize("statement", REFUSED)
def test_a_process_that_was_taken_over_takes_no_guard_away(
    role: DatabaseRole, statement: str
) -> None:
    with connected_as(role) as cursor, pytest.raises(ProgrammingError) as refused:
        cursor.execute(statement)
    assert refused.value.__cause__.sqlstate in {"42501", "42P01"}  # type: ignore[union-attr]
    assert "must be owner" in str(refused.value) or "permission denied" in str(refused.value)


def test_a_month_is_metered_and_billed_by_roles_that_own_nothing() -> None:
    story = Story()
    with connected_as(WEB):
        plan = story.plan("calls", per_unit(requests(story), "0.01"))
        story.on("2026-03-01")
        acme = story.account("Acme")
        acme.app("acme-web")
        acme.subscribes(plan)
        story.on("2026-04-01")
        acme.uses("router.requests", "acme-web", "2026-03-05", quantity="250")
    with connected_as(WORKER):
        story.runs_billing()
    with connected_as(REPORTING):
        assert acme.statement == lines("""
            requests  250  2.50
            total  2.50
        """)


def test_partitions_are_made_by_a_function_and_nobody_may_ask_for_them_but_the_processes() -> None:
    far = LATER + timedelta(days=400)
    with connected_as(WORKER):
        made = ensure_ahead(at=far, days=1)
    assert len(made) == 3
    assert missing_days(made) == []
    with connected_as(REPORTING) as cursor, pytest.raises(ProgrammingError, match="denied"):
        cursor.execute("SELECT usage_make_event_partition('2030-01-01')")
    with connection.cursor() as cursor:
        for day in made:
            cursor.execute(f"DROP TABLE usage_event_{day:%Y%m%d}")


def test_reports_read_and_write_nothing_and_see_no_secret() -> None:
    person("sam")
    with connected_as(REPORTING) as cursor:
        cursor.execute("SELECT username FROM accounts_user")
        assert cursor.fetchall() == [("sam",)]
        cursor.execute("SELECT count(*) FROM invoicing_invoice, accounts_account")
        for statement in (
            "SELECT password FROM accounts_user",
            "SELECT * FROM django_session",
            "SELECT * FROM oauth2_provider_accesstoken",
            "SELECT * FROM mfa_authenticator",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                cursor.execute(statement)
        cursor.execute("SHOW default_transaction_read_only")
        assert cursor.fetchone() == ("on",)


@pytest.mark.parametrize("role", [WEB, WORKER, REPORTING], ids=lambda role: role.name)
def test_a_role_has_limits_of_its_own_for_whoever_says_none(role: DatabaseRole) -> None:
    with connected_as(role) as cursor:
        for name, value in role.settings.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            said = cursor.fetchone()[0]
            assert said == {"110s": "110s"}.get(value, value)


def test_a_worker_ends_what_the_web_left_standing() -> None:
    with connected_as(WORKER) as cursor:
        cursor.execute("SELECT pg_has_role('counterfoil_web', 'USAGE')")
        assert cursor.fetchone() == (True,)
        assert end_overlong_transactions() == 0
    with connected_as(WEB) as cursor:
        cursor.execute("SELECT pg_has_role('counterfoil_worker', 'USAGE')")
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("name", [OWNER.name, WEB.name, "postgres"])
def test_whoever_has_no_password_is_nobody(name: str) -> None:
    at = connection.settings_dict
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=at["HOST"], port=at["PORT"], user=name, dbname="counterfoil")


def test_the_command_wants_every_password_and_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="OWNER_PASSWORD is not set"):
        call_command("database_roles")
    for role in ROLES:
        name = role.name.removeprefix("counterfoil_").upper()
        monkeypatch.setenv(f"{name}_PASSWORD", "short")
    with pytest.raises(CommandError, match="shorter than 16 characters; nothing was changed"):
        call_command("database_roles")


def test_rights_are_given_by_the_owner_with_each_release() -> None:
    said = StringIO()
    call_command("database_rights", stdout=said)
    assert said.getvalue().startswith(f"Rights are given to {OWNER.name}, {WEB.name}")
