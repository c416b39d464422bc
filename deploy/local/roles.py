"""The roles of a PostgreSQL of our own: as many as in production, each with a password.

So what production refuses is refused here. The passwords are made once for each cluster and lie
beside it, readable to whoever starts it alone; a cluster from before there were any takes them on.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from core.db.roles import BACKUP, OWNER, ROLES, adopt_statements, role_statements

SUPERUSER = "postgres"
_FORMER_OWNER = "counterfoil"
_ACCESS = f"""\
# Written by the supervisor at each start.
local   all          all                    scram-sha-256
host    all          all   127.0.0.1/32     scram-sha-256
local   replication  {BACKUP.name}          scram-sha-256
host    replication  {BACKUP.name}  127.0.0.1/32  scram-sha-256
"""


def kept_passwords(data: Path) -> dict[str, str] | None:
    """By role; None for a cluster that has none yet and trusts whoever reaches its socket."""
    try:
        read: dict[str, str] = json.loads(_file(data).read_text())
    except FileNotFoundError:
        return None
    return read


def require_passwords(data: Path) -> None:
    """From the next start or reload on, who connects says a password."""
    (data / "pg_hba.conf").write_text(_ACCESS)


def make_roles(connection: psycopg.Connection[tuple[str]], data: Path, *, database: str) -> None:
    """Make the roles and the database, and keep the passwords; again after a start that broke off.

    The owner may make databases here, for tests and measurements, and look at the server.
    """
    passwords = {name: secrets.token_hex(16) for name in (SUPERUSER, *(r.name for r in ROLES))}
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(SUPERUSER), sql.Literal(passwords[SUPERUSER])
        )
    )
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    if found.fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    _keep(data, passwords)


def bring_roles_up_to_date(
    connection: psycopg.Connection[tuple[str]], passwords: Mapping[str, str], *, database: str
) -> None:
    """Say again, in that database, what each role may; hand over what the former owner made."""
    for statement in role_statements(passwords, database=database, is_superuser=True):
        connection.execute(statement)
    # Checkpoints let a measurement begin with nothing left over from the one before.
    for text in ("ALTER ROLE {} CREATEDB", "GRANT pg_monitor, pg_checkpoint TO {}"):
        connection.execute(sql.SQL(text).format(sql.Identifier(OWNER.name)))
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_FORMER_OWNER])
    if found.fetchone() is not None:
        for statement in adopt_statements(_FORMER_OWNER):
            connection.execute(statement)


def _file(data: Path) -> Path:
    return data.with_name(f"{data.name}.passwords")


def _keep(data: Path, passwords: Mapping[str, str]) -> None:
    written = _file(data).with_suffix(".new")
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(passwords, file)
    written.replace(_file(data))
