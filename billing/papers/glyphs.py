"""Which characters the fonts of papers have: a paper with a character nobody can draw is not made.

A setter would leave an empty box, and whoever reads the paper would never know. Fonts of more
scripts are added by setting (`PAPER_FONT_DIRS`), not by drawing something else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from fontTools.ttLib import TTCollection, TTFont

from core.errors import Invalid

OWN_FONTS: Final = Path(__file__).resolve().parent / "fonts"
_COLLECTIONS: Final = frozenset({".ttc", ".otc"})
_ENDINGS: Final = frozenset({".ttf", ".otf"}) | _COLLECTIONS
# Joiners, marks of direction, selectors of a form: they shape what is around them.
_SHAPING: Final = frozenset({"Cf", "Zs", "Zl", "Zp"})
_SELECTORS: Final = range(0xFE00, 0xFE10)
_TAGS: Final = range(0xE0000, 0xE0FFF)
NAMED_MAX: Final = 10


class CharacterWithoutGlyph(Invalid):
    """No font has a character of the paper."""

    code = "paper_character_without_glyph"
    title = "A character cannot be printed"


def require_glyphs(texts: Iterable[str]) -> None:
    """Raises: CharacterWithoutGlyph, naming each character that no font has by its code."""
    characters = set().union(*texts)
    covered = coverage()
    missing = sorted(
        each for each in characters if ord(each) not in covered and not _is_shaping(each)
    )
    if missing:
        named = ", ".join(_named(each) for each in missing[:NAMED_MAX])
        more = len(missing) - NAMED_MAX
        raise CharacterWithoutGlyph(
            f"No font of papers has {named}{f' and {more} more' if more > 0 else ''}. "
            "Add a font that has it to PAPER_FONT_DIRS, and release the file.",
            characters=[f"U+{ord(each):04X}" for each in missing],
        )


def font_dirs() -> list[str]:
    """The directories of fonts: ours first, then what the deployment adds."""
    return [str(OWN_FONTS), *settings.PAPER_FONT_DIRS]


@cache
def coverage() -> frozenset[int]:
    """Every character that some font draws; read once a process."""
    covered: set[int] = set()
    for font in _fonts():
        covered.update(font.getBestCmap() or ())
    return frozenset(covered)


@cache
def added_families() -> tuple[str, ...]:
    """The families of the fonts a deployment adds, in the order of their files."""
    own = {str(path) for path in _files(str(OWN_FONTS))}
    names = (
        font["name"].getBestFamilyName()
        for font in _fonts()
        if str(font.reader.file.name) not in own
    )
    return tuple(dict.fromkeys(name for name in names if name))


def _fonts() -> Iterator[TTFont]:
    for directory in font_dirs():
        for path in _files(directory):
            if path.suffix.lower() in _COLLECTIONS:
                with TTCollection(str(path), lazy=True) as collection:
                    yield from collection.fonts
            else:
                with TTFont(str(path), lazy=True) as font:
                    yield font


def _files(directory: str) -> list[Path]:
    return sorted(path for path in Path(directory).rglob("*") if path.suffix.lower() in _ENDINGS)


def _is_shaping(character: str) -> bool:
    return (
        unicodedata.category(character) in _SHAPING
        or ord(character) in _SELECTORS
        or ord(character) in _TAGS
    )


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' ({name.capitalize()})' if name else ''}"
