"""Which broken rules a request to the API can be answered with, read off the code.

From every function of the REST rooms, and of the proposals that they carry out, along the names
that each function uses, to the errors that are raised or kept there. A name leads to all that bears
it in the module it comes from, so a rule may be found that is never told; none told is missed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from inspect import isclass
from pathlib import Path

from core.errors import DomainError

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "eventing", "accounts", "approvals", "usage", "billing", "api")
ROOTS = (
    "api/rest",
    "approvals/proposals",
    "billing/invoicing/proposals",
    "billing/publishing",
    "billing/receivables/proposals",
    "billing/whatif/proposals",
)
_Place = tuple[str, str]


def reachable() -> dict[str, type[DomainError]]:
    """The errors that can be answered, by code."""
    found: dict[str, type[DomainError]] = {}
    waiting = [(module, name) for module in _roots() for name in _definitions(module)]
    seen: set[_Place] = set(waiting)
    while waiting:
        module, name = waiting.pop()
        thing = getattr(import_module(module), name, None)
        if isclass(thing) and issubclass(thing, DomainError):
            found[thing.code] = thing
        for place in _leads_to(module, name):
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return found


def _roots() -> Iterator[str]:
    for root in ROOTS:
        for path in sorted((PROJECT / root).rglob("*.py")):
            if "management" not in path.parts:  # a command answers no request
                yield _name_of(path)


def _name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


_trees: dict[str, dict[str, ast.AST]] = {}
_imports: dict[str, dict[str, _Place]] = {}


def _definitions(module: str) -> dict[str, ast.AST]:
    """What a module defines at its top, by name."""
    if module in _trees:
        return _trees[module]
    path = PROJECT.joinpath(*module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    found: dict[str, ast.AST] = {}
    imported: dict[str, _Place] = {}
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                imported[alias.asname or alias.name] = (node.module, alias.name)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node
    _trees[module], _imports[module] = found, imported
    return found


def _leads_to(module: str, name: str) -> Iterator[_Place]:
    if module.split(".")[0] not in ROOMS:
        return
    here = _definitions(module)
    imported = _imports[module]
    node = here.get(name)
    if node is None:
        if name in imported:
            yield imported[name]
        return
    for used in ast.walk(node):
        if isinstance(used, ast.Name):
            if used.id in here:
                yield module, used.id
            elif used.id in imported:
                yield imported[used.id]
        elif isinstance(used, ast.Attribute) and isinstance(used.value, ast.Name):
            place = imported.get(used.value.id)
            if place and _is_module(".".join(place)):
                yield ".".join(place), used.attr


def _is_module(name: str) -> bool:
    path = PROJECT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()
