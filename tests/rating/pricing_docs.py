"""Reads the examples of docs/pricing.md, and writes their figures into it.

An example is a ```json block followed at once by a ```text block with what the engine makes of it.
`python -m tests.rating.pricing_docs` rewrites all text blocks; a test compares them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from billing.rating import DocumentRefused, quote

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pricing.md"
_EXAMPLE = re.compile(r"```json\n(?P<document>.*?)```\n\n```text\n(?P<figures>.*?)```", re.DOTALL)
_ANSWER = re.compile(r"```json answer\n(?P<answer>.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """Return (document, figures) of each example, as written."""
    page = PAGE.read_text("utf-8")
    return [(found["document"], found["figures"]) for found in _EXAMPLE.finditer(page)]


def whole_answer() -> tuple[str, str]:
    """Return the one answer shown in full, as written, and as the engine gives it now."""
    page = PAGE.read_text("utf-8")
    found = _ANSWER.search(page)
    assert found is not None
    example = [each for each in _EXAMPLE.finditer(page) if each.end() < found.start()][-1]
    answer = quote(json.loads(example["document"]))
    return found["answer"], json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def figures_of(document: Any) -> str:
    """Write what the engine makes of a document: its lines and total, or its problems."""
    try:
        answer = quote(document)
    except DocumentRefused as refused:
        problems = [(error.pointer or "/", error.code, error.detail) for error in refused.errors]
        return "".join(f"{pointer}  {code}: {detail}\n" for pointer, code, detail in problems)
    rows = [_row(line) for line in answer["lines"]] + [("total", "", answer["total"], "")]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    text = ""
    for kind, quantity, amount, exact in rows:
        start = f"{kind:<{widths[0]}}  {quantity:<{widths[1]}}"
        text += f"{start}  {amount:>{widths[2]}}  {exact}".rstrip() + "\n"
    cautions = [f"warning {each['pointer']}: {each['detail']}\n" for each in answer["warnings"]]
    return text + "".join(cautions)


def _row(line: dict[str, Any]) -> tuple[str, str, str, str]:
    return line["kind"], _quantity(line), line["amount"], _exact(line)


def _quantity(line: dict[str, Any]) -> str:
    if line["kind"] not in ("usage", "fee", "overage"):
        return ""
    price = f" x {line['unit_price']}" if line["unit_price"] is not None else ""
    unit = f" {line['unit']}" if line["unit"] else ""
    return f"{line['quantity']}{unit}{price}"


def _exact(line: dict[str, Any]) -> str:
    plain = line["amount"].rstrip("0").rstrip(".")
    return "" if plain == line["exact_amount"] else f"exact {line['exact_amount']}"


def main() -> None:
    """Write the figures into the page."""

    def fresh(found: re.Match[str]) -> str:
        figures = figures_of(json.loads(found["document"]))
        return f"```json\n{found['document']}```\n\n```text\n{figures}```"

    PAGE.write_text(_EXAMPLE.sub(fresh, PAGE.read_text("utf-8")), "utf-8")
    _, answer = whole_answer()
    shown = f"```json answer\n{answer}```"
    PAGE.write_text(_ANSWER.sub(lambda _: shown, PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
