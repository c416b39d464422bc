"""What the strict policy drops in silence must not be written in the first place."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from console.templatetags import figures
from tests.console.platform import Platform

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_style_handler_or_script(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(src|href)\s*=\s*[\"'](https?:)?//", text)


@pytest.mark.parametrize("sheet", STYLES, ids=lambda path: path.name)
def test_colours_are_named_in_one_sheet(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    by_hand = re.findall(r"(?<!light-dark\()#[0-9a-f]{3,8}\b(?![^()]*\))", text)

    assert sheet.name == "tokens.css" or by_hand in ([], ["#fff", "#fff"])


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/vendor/lucide/sprite.svg").read_text()
    known = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r'{% icon "([a-z0-9-]+)"|icon="([a-z0-9-]+)"', template.read_text())
        for name in name
        if name
    }

    assert named <= known


def test_the_policy_allows_nothing_inline(platform: Platform, support: Client) -> None:
    policy = support.get("/").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


_ELEMENTS = "|".join(
    name
    for name, said in inspect.getmembers(figures, inspect.isfunction)
    if said.__annotations__.get("return") == "SafeString"
)
_IN_QUOTES = re.compile(
    r'\b(?:aria-label|title|alt|value|placeholder)="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"'
)
_MAKES_ONE = re.compile(rf"\|(?:{_ELEMENTS})\b(?![^}}]*\|striptags)")


def test_no_element_is_written_into_an_attribute() -> None:
    """An amount is an element with quotes of its own, and would end the attribute it stands in."""
    found = [
        f"{path.name}: {match[0][:120]}"
        for path in TEMPLATES
        for match in _IN_QUOTES.finditer(path.read_text())
        if _MAKES_ONE.search(match[1])
    ]

    assert "money" in _ELEMENTS.split("|")
    assert found == []
