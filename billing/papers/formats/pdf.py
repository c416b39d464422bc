"""A paper as PDF: tagged, for archives (PDF/A-2a) and for screen readers (PDF/UA-1), set by typst.

Values reach the setter as JSON, never as markup, so no name is ever a command. The same content
gives the same bytes: fonts are ours, and the time in the file is that of issue.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst

from billing.papers.glyphs import added_families, font_dirs, require_glyphs
from billing.papers.printed import Printed
from core.errors import Invalid

LAYOUT: Final = Path(__file__).resolve().parent / "paper.typ"
_NOT_PRINTED: Final = frozenset({"qr", "language"})
_of_thread = threading.local()


class PaperNotSet(Invalid):
    """The setter refuses the paper: something does not fit, or is not whole."""

    code = "paper_not_set"
    title = "The paper does not fit its form"


def as_pdf(paper: Printed, *, issued_at: datetime) -> bytes:
    """The bytes of the paper. Raises: CharacterWithoutGlyph, PaperNotSet."""
    require_glyphs(
        texts_of({name: text for name, text in paper.items() if name not in _NOT_PRINTED})
    )
    return set_paper(finished(paper), issued_at=issued_at)


def finished(paper: Printed) -> str:
    """The paper as the layout reads it."""
    return json.dumps(paper | {"fonts": added_families()}, ensure_ascii=False)


def set_paper(finished: str, *, issued_at: datetime, layout: Path = LAYOUT) -> bytes:
    """The bytes of a paper that is ready to be set. Raises: PaperNotSet."""
    try:
        made, warnings = _compiler(layout).compile_with_warnings(
            sys_inputs={"paper": finished},
            format="pdf",
            timestamp=int(issued_at.timestamp()),
            pdf_standards=["a-2a", "ua-1"],
        )
    except typst.TypstError as problem:
        raise PaperNotSet(f"The paper was not set: {problem.message}") from problem
    if warnings:
        said = "; ".join(warning.message for warning in warnings)
        raise PaperNotSet(f"The paper was not set cleanly: {said}")
    assert isinstance(made, bytes)  # one PDF, whatever its pages
    return made


def _compiler(layout: Path) -> typst.Compiler:
    """One a thread and layout: reading the fonts takes longer than setting a paper."""
    kept: dict[Path, typst.Compiler] | None = getattr(_of_thread, "compilers", None)
    if kept is None:
        kept = _of_thread.compilers = {}
    if layout not in kept:
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=font_dirs()
        )
        kept[layout] = typst.Compiler(
            str(layout), root=str(layout.parent), font_paths=fonts, ignore_system_fonts=True
        )
    return kept[layout]


def texts_of(value: Any) -> Iterator[str]:
    """Every text within a value of plain JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
