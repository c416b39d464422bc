"""docs/concurrency.md says of every operation what it locks."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import accounts
import approvals
import audit
import billing
import duty
import eventing
import usage

TABLE = (Path(__file__).resolve().parent.parent / "docs/concurrency.md").read_text()
WRITTEN = re.compile(r"`([a-z_]+\.[a-z_]+)`")


def operation_modules() -> Iterator[ModuleType]:
    for app in (eventing, audit, duty, accounts, approvals, usage, billing):
        for found in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if "operations" in found.name.split("."):
                yield importlib.import_module(found.name)


def operations() -> set[str]:
    """Public functions of the operations, by module; what a step of one is made of is left out."""
    return {
        f"{_spoken(module)}.{name}"
        for module in operation_modules()
        if "ingest" not in module.__name__.split(".")[:-1] or module.__name__.endswith(".operation")
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    }


def _spoken(module: ModuleType) -> str:
    *above, last = module.__name__.split(".")
    return above[-1] if last == "operations" else last


def written() -> set[str]:
    rows = TABLE.partition("## What each operation locks")[2].splitlines()
    return {name for row in rows if row.startswith("| `") for name in WRITTEN.findall(row)}


def test_every_operation_says_what_it_locks() -> None:
    assert operations() - written() == set()


def test_what_the_table_names_is_there() -> None:
    assert written() - operations() == set()
