"""Databases a measurement may spoil: copies of one migrated template, dropped afterwards.

Events are append-only, so a run that starts from empty tables starts from another database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection
from psycopg import sql

_TEMPLATE = "counterfoil_bench_template"
_numbers = count(1)


@contextmanager
def migrated_template() -> Iterator[None]:
    """Makes the template for as long as the block runs. Leaves other databases alone."""
    home = str(connection.settings_dict["NAME"])
    _administer("DROP DATABASE IF EXISTS {name}", _TEMPLATE)
    _administer("CREATE DATABASE {name}", _TEMPLATE)
    try:
        _switch_to(_TEMPLATE)
        call_command("migrate", interactive=False, verbosity=0)
        yield
    finally:
        _switch_to(home)
        _administer("DROP DATABASE IF EXISTS {name}", _TEMPLATE)


@contextmanager
def scratch_database() -> Iterator[str]:
    """Django's connection speaks to a fresh copy of the template; yields its DATABASE_URL."""
    home = str(connection.settings_dict["NAME"])
    name = f"counterfoil_bench_{os.getpid()}_{next(_numbers)}"
    connection.close()
    _administer("CREATE DATABASE {name} TEMPLATE {template}", name, template=_TEMPLATE)
    try:
        _switch_to(name)
        yield _url_of(name)
    finally:
        _switch_to(home)
        _administer("DROP DATABASE {name}", name)


@contextmanager
def empty_database() -> Iterator[str]:
    """A database without a table, for another program; yields its address."""
    name = f"counterfoil_bench_{os.getpid()}_{next(_numbers)}"
    _administer("CREATE DATABASE {name}", name)
    try:
        yield _url_of(name)
    finally:
        _administer("DROP DATABASE {name}", name)


def settle() -> None:
    """Write out what earlier work left behind, so that it is not paid for by the next run.

    Only a role that may checkpoint can; without it the runs spread a little more.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE')")
        if cursor.fetchone()[0]:
            cursor.execute("CHECKPOINT")


def _administer(statement: str, name: str, **names: str) -> None:
    """Run a statement that belongs to no database, from the one that is always there."""
    here = str(connection.settings_dict["NAME"])
    _switch_to("postgres")
    try:
        identifiers = {
            key: sql.Identifier(value) for key, value in (("name", name), *names.items())
        }
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**identifiers))
    finally:
        _switch_to(here)


def _switch_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _url_of(name: str) -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{name}"))
