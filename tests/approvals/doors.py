"""Who in the house calls what: every reference of a module to a function of another.

The list of doors of an operation is read from here, so that a new one is known the day it is made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PRODUCT = ("accounts", "api", "approvals", "billing", "console", "usage")


def callers(of: set[str]) -> dict[str, set[str]]:
    """By its dotted name, the modules that name each of these functions, its own left out."""
    found: dict[str, set[str]] = {name: set() for name in of}
    for package in PRODUCT:
        for path in Path(package).rglob("*.py"):
            module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            for named in references(path.read_text()):
                if named in found and named.rpartition(".")[0] != module:
                    found[named].add(module)
    return found


def references(source: str) -> Iterator[str]:
    """The dotted names a source refers to, through whatever it imports them as."""
    tree, names = ast.parse(source), dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                names[each.asname or each.name] = f"{node.module}.{each.name}"
        elif isinstance(node, ast.Import):
            for each in node.names:
                names[each.asname or each.name] = each.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            yield names[node.id]
        elif isinstance(node, ast.Attribute):
            yield from _dotted(node, names)


def _dotted(node: ast.Attribute, names: dict[str, str]) -> Iterator[str]:
    parts, inner = [node.attr], node.value
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name) and inner.id in names:
        yield ".".join([names[inner.id], *reversed(parts)])
