"""The triggers that must be in the database, as the code says them, beside those that are.

What the code says is read from the models and from the SQL of the migrations, so nothing is listed
twice. A trigger is compared by where and when it fires and by the text of its function: one that is
missing, switched off, narrowed, rewritten or added by hand is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pgtrigger
from django.apps import apps
from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

_FUNCTION = re.compile(
    r"FUNCTION\s+(?:public\.)?(\w+)\(\)\s+RETURNS\s+trigger\b.*?(\$\w*\$)(.*?)\2",
    re.DOTALL | re.IGNORECASE,
)
_TRIGGER = re.compile(
    r"CREATE\s+(?:CONSTRAINT\s+)?TRIGGER\s+(?P<name>\w+)\s+"
    r"(?P<when>BEFORE|AFTER)\s+(?P<events>\w+(?:\s+OR\s+\w+)*)\s+"
    r'ON\s+"?(?:public\.)?"?(?P<table>\w+)"?\s+(?P<rest>[^;]*?)'
    r"EXECUTE\s+(?:PROCEDURE|FUNCTION)\s+(?:public\.)?(?P<function>\w+)\(\)",
    re.DOTALL | re.IGNORECASE,
)
# What PostgreSQL adds to or leaves out of a condition when it prints it back.
_NOISE: Final = frozenset(
    """text character varying bigint integer boolean numeric timestamp with time zone jsonb array
    any in and or is not null distinct from public""".split()  # noqa: SIM905  a list to read
)
_PRESENT = """
    SELECT relation.relname, pg_get_triggerdef(trigger.oid), trigger.tgenabled IN ('O', 'A'),
           function.prosrc
    FROM pg_trigger AS trigger
    JOIN pg_class AS relation ON relation.oid = trigger.tgrelid
    JOIN pg_proc AS function ON function.oid = trigger.tgfoid
    WHERE NOT trigger.tgisinternal AND relation.relnamespace = 'public'::regnamespace
"""
_PARTITIONS = """
    SELECT child.relname, parent.relname FROM pg_inherits
    JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
    WHERE child.relkind = 'r' AND child.relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Guard:
    """When a trigger fires and what it then does."""

    when: str
    events: frozenset[str]
    rest: frozenset[str]
    function: str
    body: str


Guards = dict[tuple[str, str], Guard]


def expected_guards() -> Guards:
    """By table and name, what the code says."""
    found: Guards = {}
    for text in _texts():
        bodies = {name.lower(): body for name, _, body in _FUNCTION.findall(text)}
        found |= dict(_read(text, bodies))
    return found


def faults() -> list[str]:
    """Every trigger that is not as the code says, as "table: what is wrong"."""
    expected = expected_guards()
    present, partitions = _present()
    wrong = [
        f"{table}: {name} is {_difference(guard, present.get((table, name)))}"
        for (table, name), guard in expected.items()
        if present.get((table, name)) != guard
    ]
    wrong += [
        f"{table}: {name} is not ours"
        for table, name in present.keys() - expected.keys()
        if table not in partitions
    ]
    for partition, parent in partitions.items():
        # A partition's triggers have names of their own where its parent's do not reach it.
        has = {guard for (table, _), guard in present.items() if table == partition}
        wrong += [
            f"{partition}: {name} of {table} is missing or off"
            for (table, name), guard in expected.items()
            if table == parent and guard not in has
        ]
    return sorted(wrong)


def _difference(guard: Guard, found: Guard | None) -> str:
    if found is None:
        return "missing or off"
    return "narrowed" if found.body == guard.body else "rewritten"


def _texts() -> Iterator[str]:
    loader = MigrationLoader(None)
    ours = {config.label for config in apps.get_app_configs() if "site-packages" not in config.path}
    functions: list[str] = []
    for (app, _), migration in sorted(loader.disk_migrations.items()):
        if app in ours:
            statements = (op.sql for op in migration.operations if isinstance(op, RunSQL))
            functions += [sql for sql in statements if isinstance(sql, str)]
    yield "\n".join(functions)
    for model, trigger in pgtrigger.registered():
        yield str(trigger.compile(model).install_sql)


def _read(text: str, bodies: dict[str, str]) -> Iterator[tuple[tuple[str, str], Guard]]:
    for each in _TRIGGER.finditer(text):
        name = each["function"].lower()
        if name in bodies:
            yield (each["table"].lower(), each["name"].lower()), _guard(each, bodies[name])


def _guard(read: re.Match[str], body: str) -> Guard:
    return Guard(
        when=read["when"].upper(),
        events=frozenset(re.split(r"\s+OR\s+", read["events"].upper())),
        rest=_words(read["rest"]),
        function=read["function"].lower(),
        body=" ".join(body.split()),
    )


def _words(text: str) -> frozenset[str]:
    words: Iterable[str] = re.findall(r"'[^']*'|\w+", text)
    return frozenset(each if each.startswith("'") else each.lower() for each in words) - _NOISE


def _present() -> tuple[Guards, dict[str, str]]:
    found: Guards = {}
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT)
        for table, definition, is_on, body in cursor.fetchall():
            read = _TRIGGER.search(definition)
            if read is not None and is_on:
                found[table, read["name"].lower()] = _guard(read, body)
        cursor.execute(_PARTITIONS)
        return found, dict(cursor.fetchall())
