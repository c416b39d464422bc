"""A letter with figures as PDF, set like a paper: the same content gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from billing.papers.formats.pdf import set_paper, texts_of
from billing.papers.glyphs import added_families, require_glyphs

LAYOUT: Final = Path(__file__).resolve().parent / "letter.typ"


@dataclass(frozen=True, slots=True)
class LetterSection:
    """A part of a letter: sentences, figures with their names, and notes in small print."""

    title: str
    paragraphs: Sequence[str] = ()
    figures: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a letter says, in words and figures that are ready to be read."""

    title: str
    author: str
    language: str
    facts: Sequence[tuple[str, str]]
    paragraphs: Sequence[str]
    sections: Sequence[LetterSection] = field(default_factory=tuple)
    footer: str = ""


def letter_as_pdf(letter: Letter, *, sent_at: datetime) -> bytes:
    """The bytes of a letter. Raises: CharacterWithoutGlyph, PaperNotSet."""
    said = json.loads(json.dumps(asdict(letter), ensure_ascii=False))
    require_glyphs(texts_of({name: each for name, each in said.items() if name != "language"}))
    finished = json.dumps(said | {"fonts": added_families()}, ensure_ascii=False)
    return set_paper(finished, issued_at=sent_at, layout=LAYOUT)
