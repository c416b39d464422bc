"""The documents say what is there: words, commands, targets, links and invariants."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from billing.ledger.templates import Template, declared
from core.invariants import invariants

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
DOCUMENTS = sorted([*(ROOT / name for name in PAGES), *ROOT.glob("docs/**/*.md")])
OURS = ("core", "eventing", "audit", "duty", "accounts", "approvals", "usage", "billing")

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_MAKE = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
_COMMAND = re.compile(r"(?:make run CMD='|manage\.py )([a-z_]+)")
_PLACE = re.compile(r"`([a-z_.]+(?:/[A-Za-z_.0-9]*)+)`")
_WORD = re.compile(r"[A-Z][A-Za-z]+")


def named(path: Path) -> str:
    """A document's path as the test output shows it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_lead_somewhere(document: Path) -> None:
    links = [link for link in _LINK.findall(document.read_text()) if "://" not in link]
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_make_targets_and_commands_exist(document: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = document.read_text()
    assert set(_MAKE.findall("\n".join(_CODE.findall(text)))) <= targets
    assert set(_COMMAND.findall(text)) <= set(get_commands())


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_places_in_the_tree_exist(document: Path) -> None:
    """Of the paths a document names, those that begin in the tree; `.dev/` is made by running."""
    places = [place for place in _PLACE.findall(document.read_text()) if begins_here(place)]
    assert [place for place in places if not (ROOT / place).exists()] == []


def begins_here(place: str) -> bool:
    return (ROOT / place.split("/")[0]).is_dir() and not place.startswith(".")


def test_the_glossary_knows_every_model() -> None:
    known = set(_WORD.findall((ROOT / "docs/glossary.md").read_text()))
    models = {
        model.__name__
        for model in apps.get_models()
        if model.__module__.startswith(tuple(f"{app}." for app in OURS))
        and not model.__name__.startswith("Historical")
    }
    assert models - known == set()


def test_the_list_of_invariants_is_what_is_checked() -> None:
    listed = re.findall(
        r"^\| ([A-Z]+\d+) \| (.+) \|$", (ROOT / "docs/invariants.md").read_text(), re.M
    )
    assert listed == [(each.id, each.text) for each in invariants()]


def test_the_table_of_postings_is_how_events_are_booked() -> None:
    rows = [
        f"| {each.title} | {each.when} | {_side(each, 1)} | {_side(each, -1)} |"
        for each in declared()
    ]
    printed = (ROOT / "docs/billing.md").read_text().partition("## How events are booked")[2]
    assert [line for line in printed.splitlines() if line.startswith("| ")][2:] == rows


def _side(template: Template, sign: int) -> str:
    legs = [f"{leg.book} ({leg.amount})" for leg in template.legs if leg.sign == sign]
    return ", ".join(legs) or "–"


def test_every_decision_is_numbered_once() -> None:
    records = sorted(path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
