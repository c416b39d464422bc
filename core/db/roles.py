"""Who may do what in the database: one role that owns the tables, and others that own nothing.

Owns the names of the roles, what each may do, and the SQL that makes it so; `database_roles` and
`database_rights` run it, and so do the embedded services, which know no Django. A role that owns no
table can switch off no trigger, empty no append-only table and change no column, whatever the
application is made to say. Does not own the time limits of a process (core.db.limits): these are
the roles' own, for whoever comes with a role's password and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True, slots=True)
class DatabaseRole:
    """One role: its name, what it is for, and its limits as PostgreSQL writes them."""

    name: str
    what: str
    settings: Mapping[str, str]


OWNER: Final = DatabaseRole("counterfoil_owner", "owns the tables; migrates, and nothing else", {})
WEB: Final = DatabaseRole(
    "counterfoil_web",
    "reads and writes rows, for people and machines that wait",
    {
        "statement_timeout": "20s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "15s",
    },
)
WORKER: Final = DatabaseRole(
    "counterfoil_worker",
    "reads and writes rows in the background; may end what the web left standing",
    {
        "statement_timeout": "110s",
        "lock_timeout": "45s",
        "idle_in_transaction_session_timeout": "30s",
    },
)
REPORTING: Final = DatabaseRole(
    "counterfoil_reporting",
    "reads, but no password, key or session",
    {
        "default_transaction_read_only": "on",
        "statement_timeout": "5min",
        "lock_timeout": "1s",
        "idle_in_transaction_session_timeout": "1min",
    },
)
BACKUP: Final = DatabaseRole(
    "counterfoil_backup", "receives the log and whole copies; reads no table", {}
)
ROLES: Final = (OWNER, WEB, WORKER, REPORTING, BACKUP)

_HIDDEN_TABLES: Final = "^(account_|django_session$|eventing_webhooksecret$|mfa_|oauth2_provider_)"
_SECRET_COLUMNS: Final = ("password", "secret", "client_secret", "token")
_FUNCTIONS: Final = ("usage_make_event_partition(date)",)
"""Run as the owner (SECURITY DEFINER); web and worker may, nobody else."""


def role_statements(
    passwords: Mapping[str, str], *, database: str, is_superuser: bool
) -> Iterator[sql.Composed]:
    """Make the roles of these passwords, their limits, and the database the owner's.

    For whoever administers the server. Can be said again at any time. A role that is given no
    password is left out: where the platform keeps backups itself there need be none for it.
    """
    for role in ROLES:
        if password := passwords.get(role.name):
            yield from _make(role, password, is_superuser=is_superuser)
    name = sql.Identifier(database)
    owner = sql.Identifier(OWNER.name)
    if not is_superuser:
        # On managed services, who administers is no superuser, and gives only to a role it is in.
        yield sql.SQL("GRANT {} TO CURRENT_USER").format(owner)
    yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner)
    yield sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC").format()
    for role in ROLES:
        if role.name in passwords and role is not OWNER:
            yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                name, sql.Identifier(role.name)
            )
    if {WEB.name, WORKER.name} <= set(passwords):
        yield sql.SQL("GRANT {} TO {}").format(
            sql.Identifier(WEB.name), sql.Identifier(WORKER.name)
        )


def _make(role: DatabaseRole, password: str, *, is_superuser: bool) -> Iterator[sql.Composed]:
    name = sql.Identifier(role.name)
    yield sql.SQL(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {}) THEN"
        " CREATE ROLE {}; END IF; END $$"
    ).format(sql.Literal(role.name), name)
    kind = "LOGIN REPLICATION" if role is BACKUP else "LOGIN"
    if is_superuser:
        kind += " NOSUPERUSER NOBYPASSRLS"
    yield sql.SQL("ALTER ROLE {} " + kind + " NOCREATEDB NOCREATEROLE PASSWORD {}").format(
        name, sql.Literal(password)
    )
    for setting, value in role.settings.items():
        yield sql.SQL("ALTER ROLE {} SET {} = {}").format(
            name, sql.Identifier(setting), sql.Literal(value)
        )


def adopt_statements(former: str) -> Iterator[sql.Composed]:
    """Hand what an earlier owner made over to the owner, once."""
    yield sql.SQL("REASSIGN OWNED BY {} TO {}").format(
        sql.Identifier(former), sql.Identifier(OWNER.name)
    )


def grant_rights(cursor: CursorWrapper) -> list[str]:
    """Give the roles that exist their rights to all tables, as the owner; returns their names.

    Tables that are made later are the web's and the worker's at once, since a partition may be made
    at any time; the reporting role gets them with the next release, less what is secret in them.
    """
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[role.name for role in ROLES]]
    )
    found = {name for (name,) in cursor.fetchall()}
    for role in (WEB, WORKER):
        if role.name in found:
            for statement in _writing(role):
                cursor.execute(statement)
    if REPORTING.name in found:
        for statement in _reading(cursor):
            cursor.execute(statement)
    return [role.name for role in ROLES if role.name in found]


def _writing(role: DatabaseRole) -> Iterator[sql.Composed]:
    name = sql.Identifier(role.name)
    for text in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {}",
        # What was migrated is the owner's to say.
        "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
        *(f"GRANT EXECUTE ON FUNCTION {each} TO {{}}" for each in _FUNCTIONS),
    ):
        yield sql.SQL(text).format(name)


def _reading(cursor: CursorWrapper) -> Iterator[sql.Composed]:
    name = sql.Identifier(REPORTING.name)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name)
    cursor.execute(
        """
        SELECT relation.relname,
               array_agg(attribute.attname ORDER BY attnum)
                   FILTER (WHERE NOT attribute.attname = ANY(%(columns)s)),
               bool_or(attribute.attname = ANY(%(columns)s))
        FROM pg_class AS relation
        JOIN pg_attribute AS attribute ON attrelid = relation.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
          AND NOT relispartition AND attnum > 0 AND NOT attisdropped
          AND relation.relname !~ %(tables)s
        GROUP BY relation.relname ORDER BY relation.relname
        """,
        {"columns": list(_SECRET_COLUMNS), "tables": _HIDDEN_TABLES},
    )
    for table, columns, has_secret in cursor.fetchall():
        if not has_secret:
            yield sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), name)
        elif columns:
            yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table), name
            )
