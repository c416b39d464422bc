"""The house rules that a linter does not know: sizes, names, directions. Layers are lint's.

A rule that makes some code worse is left there by an entry in EXCUSED with its reason; the list
may only shrink.
"""

import ast
import builtins
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from statistics import median

import pytest
from django.apps import apps
from django.db.models import Field, Model

PROJECT = Path(__file__).resolve().parents[1]
HOUSE = [
    "core",
    "eventing",
    "audit",
    "duty",
    "accounts",
    "approvals",
    "usage",
    "billing",
    "api",
    "console",
    "demo",
    "config",
]
"""Lowest first; api and console are siblings, which the import contracts hold apart."""
ROOMS = [
    "ledger",
    "catalogue",
    "contracts",
    "invoicing",
    "spending",
    "receivables",
    "closing",
    "whatif",
    "disputes",
    "parallel_run",
    "legacy",
]
"""The rooms of billing that have tables, lowest first."""
SOURCES = [*HOUSE, "benchmarks", "deploy"]
DOMAIN = ["core", "eventing", "audit", "duty", "accounts", "approvals", "usage", "billing"]

FILE_LINES, TEST_FILE_LINES = 400, 500
FUNCTION_LINES, TEST_FUNCTION_LINES = 70, 50
FUNCTION_LINES_IN_THE_MIDDLE = 8
CLASS_LINES = 300
TEMPLATE_LINES = 200

EXCUSED = {
    "accounts/queries/owners.py:float": "the age of a cache in monotonic seconds",
    "billing/contracts/billability.py:float": "the age of a cache in monotonic seconds",
    "billing/invoicing/management/commands/bill_run.py:float": "a pause between two looks",
    "usage/reference_cache.py:float": "the age of a cache in monotonic seconds",
    "templates/_components/field.html": "help texts are code's, and Django's own hold lists",
}
"""path, path:name or path:float → why the rule would make it worse."""


def python_files(*places: str) -> list[Path]:
    return sorted(
        path
        for place in places
        for path in (PROJECT / place).rglob("*.py")
        if "migrations" not in path.parts
    )


def templates() -> list[Path]:
    return sorted(PROJECT.glob("templates/**/*.html"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def is_test(path: Path) -> bool:
    return name_of(path).startswith("tests/")


def definitions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def ceiling_of(path: Path, node: ast.AST) -> int:
    if isinstance(node, ast.ClassDef):
        return CLASS_LINES
    return TEST_FUNCTION_LINES if is_test(path) else FUNCTION_LINES


def test_the_picture_of_the_house_is_the_one_that_lint_proves() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (
        each["layers"] for each in contracts["contracts"] if each.get("containers") == ["billing"]
    )
    rooms = [room for layer in layers for room in layer.split(" | ") if room != "record_admin"]
    page = (PROJECT / "docs/ARCHITECTURE.md").read_text()
    picture = page.split("```text")[1].split("```")[0]
    assert {room for room in rooms if room not in picture} == set()
    listed = re.findall(
        r"`(\w+)/`", page.split("The rooms of `billing/`")[1].split("The rooms of")[0]
    )
    assert listed[:-2] == rooms[:-2]
    assert set(listed[-2:]) == set(rooms[-2:])


def test_no_file_is_over_its_ceiling() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in python_files(*SOURCES, "tests")}
    assert lengths, "no source was found"
    over = [
        f"{name_of(path)}: {length} lines"
        for path, length in lengths.items()
        if length > (TEST_FILE_LINES if is_test(path) else FILE_LINES)
        and name_of(path) not in EXCUSED
    ]
    assert not over, "\n".join(over)


def test_no_function_or_class_is_over_its_ceiling() -> None:
    over = [
        f"{name_of(path)}:{node.name}: {length} lines"
        for path in python_files(*SOURCES, "tests")
        for node in definitions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > ceiling_of(path, node)
        and f"{name_of(path)}:{node.name}" not in EXCUSED
    ]
    assert not over, "\n".join(over)


def test_half_of_all_functions_are_read_at_a_glance() -> None:
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in python_files(*SOURCES)
        for node in definitions(path)
        if not isinstance(node, ast.ClassDef)
    ]
    assert median(lengths) <= FUNCTION_LINES_IN_THE_MIDDLE


def test_no_template_is_over_its_ceiling() -> None:
    over = [
        name_of(path)
        for path in templates()
        if len(path.read_text().splitlines()) > TEMPLATE_LINES and name_of(path) not in EXCUSED
    ]
    assert not over, "\n".join(over)


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common"}
    files = python_files(*SOURCES, "tests")
    assert [name_of(path) for path in files if drawers & {path.stem, path.parent.name}] == []


def test_a_faster_way_of_a_rule_names_the_test_that_holds_it_to_the_plain_one() -> None:
    faster = [path for path in python_files(*SOURCES) if path.stem.startswith("fast_")]
    assert faster, "there is none any more"
    loose = []
    for path in faster:
        told = ast.get_docstring(ast.parse(path.read_text())) or ""
        if not any((PROJECT / test).is_file() for test in re.findall(r"tests/[\w/]+\.py", told)):
            loose.append(name_of(path))
    assert not loose, "\n".join(loose)


SAME_IN_EVERY_MODULE = {"Command"}
"""Class names that a framework asks for; any other stands for one thing in the whole house."""


def named_types(path: Path) -> Iterator[str]:
    """The classes of a module and what it calls other types; a class within one is told by it."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            is_variable = ast.unparse(node.value).startswith("TypeVar")
            if re.fullmatch(r"[A-Z][A-Za-z]*[a-z]", name) and not is_variable:
                yield name


def test_no_class_name_means_two_things() -> None:
    homes: dict[str, list[str]] = {}
    for path in python_files(*SOURCES):
        for name in set(named_types(path)) - SAME_IN_EVERY_MODULE:
            homes.setdefault(name, []).append(name_of(path))
    assert len(homes) > 100, "no classes were found"
    shared = [f"{name}: {', '.join(places)}" for name, places in homes.items() if len(places) > 1]
    assert not shared, "\n".join(shared)


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name_of(path)
        for path in python_files(*SOURCES, "tests")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent, "\n".join(silent)


def test_an_error_that_a_docstring_names_is_one_that_there_is() -> None:
    known = set(dir(builtins))
    told: list[tuple[str, str]] = []
    for path in python_files(*SOURCES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                known |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module):
                known.add(getattr(node, "name", ""))
                said = re.findall(r"Raises:\s*((?:[A-Z]\w+,?\s*)+)", ast.get_docstring(node) or "")
                names = re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", " ".join(said))
                told += [(name_of(path), name) for name in names]
    assert len(told) > 100, "no docstring names an error"
    assert [each for each in told if each[1] not in known] == []


# Written apart, so that this file does not find itself.
@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "HA" + "CK"])
def test_nothing_is_left_for_later(word: str) -> None:
    files = [*python_files(*SOURCES, "tests"), *templates()]
    marked = [name_of(path) for path in files if re.search(rf"\b{word}\b", path.read_text())]
    assert not marked, "\n".join(marked)


def test_unescaped_text_has_no_door() -> None:
    assert [name_of(path) for path in python_files(*HOUSE) if "mark_safe" in path.read_text()] == []


def test_no_template_turns_escaping_off() -> None:
    pattern = re.compile(r"\|\s*safe\b|autoescape\s+off")
    assert [
        name_of(path)
        for path in templates()
        if pattern.search(path.read_text()) and name_of(path) not in EXCUSED
    ] == []


def test_what_a_template_says_it_is_given_is_there() -> None:
    """A partial names the class of what it shows; once renamed, it kept its old name there."""
    pattern = re.compile(rf"\b((?:{'|'.join(HOUSE)})(?:\.[a-z_]+)+)\.([A-Z]\w+)")
    told = [
        (name_of(path), module, name)
        for path in templates()
        for module, name in pattern.findall(path.read_text())
    ]
    assert told, "no template says what it is given"
    assert [each for each in told if not is_there(*each[1:])] == []


def is_there(module: str, name: str) -> bool:
    try:
        return hasattr(import_module(module), name)
    except ModuleNotFoundError:
        return False


def test_no_template_has_inline_style_or_script() -> None:
    """The Content-Security-Policy drops them in silence; so they must not be written."""
    pattern = re.compile(
        r"<[^>]*\s(style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\ssrc=)[^>]*>|javascript:", re.I
    )
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in templates()
        for match in pattern.finditer(path.read_text())
    ]
    assert not found, "\n".join(found)


def float_uses(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno


def test_the_domain_knows_no_float() -> None:
    found = [
        f"{name_of(path)}:{line}"
        for path in python_files(*DOMAIN)
        for line in float_uses(path)
        if f"{name_of(path)}:float" not in EXCUSED
    ]
    assert not found, "\n".join(found)


def clock_reads(path: Path) -> Iterator[int]:
    readers = {
        *(("datetime", name) for name in ("now", "utcnow", "today")),
        *(("date", "today"), ("timezone", "now"), ("timezone", "localdate"), ("time", "time")),
    }
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr) in readers
        ):
            yield node.lineno


def test_one_module_reads_the_clock() -> None:
    found = [
        f"{name_of(path)}:{line}"
        for path in python_files(*DOMAIN, "api", "console")
        if name_of(path) != "core/clock.py"
        for line in clock_reads(path)
    ]
    assert not found, "\n".join(found)


def test_no_test_replaces_our_own_code() -> None:
    patching = re.compile(r"\bmock\.patch|from unittest import mock|from unittest\.mock|mocker\b")
    assert [
        name_of(path) for path in python_files("tests") if patching.search(path.read_text())
    ] == ["tests/test_architecture.py"]


def links_between_apps() -> Iterator[tuple[str, str, str]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if isinstance(field, Field) and isinstance(target, type) and issubclass(target, Model):
                yield field.model._meta.label, model._meta.app_label, target._meta.app_label


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def test_the_domain_knows_no_web() -> None:
    """A view, a command and a task call the same operation; so it can know none of them."""
    web = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.forms")
    found = [
        f"{name_of(path)}: {module}"
        for app in DOMAIN
        for path in python_files(app)
        if "admin" not in name_of(path) and path.name != "middleware.py"
        for module in imports_of(path)
        if module.startswith(web)
    ]
    assert not found, "\n".join(found)


def test_foreign_keys_point_down_the_house() -> None:
    floor = HOUSE.index("billing")
    order = [*HOUSE[:floor], *ROOMS, *HOUSE[floor + 1 :]]
    up = [
        f"{model} → {target}"
        for model, own, target in links_between_apps()
        if own in order and target in order and order.index(target) > order.index(own)
    ]
    assert not up, "\n".join(up)


def test_no_excuse_is_left_when_its_reason_is_gone() -> None:
    assert [entry for entry in EXCUSED if not (PROJECT / entry.partition(":")[0]).exists()] == []
