"""A paper in words and figures of its language: what the PDF and the HTML both set.

Everything is text by now; a layout adds nothing up and formats nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from billing.papers.codes import spoken_code
from billing.papers.content import PaperContent, PaperLine, PaperTax
from billing.papers.locale_formats import (
    amount_text,
    day_text,
    days_text,
    exact_text,
    money_text,
    percent_text,
)
from billing.papers.words import WORDS, Words
from core.qr_codes import qr_squares

Printed = dict[str, Any]


def printed(content: PaperContent, *, address: str) -> Printed:
    """The whole paper as texts; `address` is where its code leads."""
    words = WORDS[content.language]
    seller = content.seller
    title = f"{words[content.kind]} {content.number}"
    return {
        "language": content.language,
        "title": title,
        "author": seller.legal_name,
        "heading": words[content.kind],
        "words": dict(words) | {"qr": words["qr"].format(address=address)},
        "sender": " · ".join([seller.legal_name, *seller.address_lines]),
        "seller": _seller(content, words),
        "recipient": [content.customer.legal_name, *content.customer.address_lines],
        "facts": [list(fact) for fact in _facts(content, words)],
        "statements": list(_statements(content, words)),
        "columns": [
            words["description"],
            words["quantity"],
            words["price"],
            words["amount"].format(currency=content.currency),
        ],
        "rows": _rows(content),
        "sums": list(_sum_rows(content, words)),
        "tax_columns": [words["tax_group"], words["rate"], words["base"], words["tax"]],
        "taxes": [_tax_row(tax, content, words) for tax in content.taxes],
        "notes": list(_notes(content, words)),
        "footer": " · ".join(
            part for part in (seller.legal_name, seller.registration, seller.tax_id) if part
        ),
        "code": spoken_code(content.code),
        "address": address,
        "digest": words["digest"].format(digest=content.content_sha256),
        "qr": _pattern(address),
    }


def _seller(content: PaperContent, words: Words) -> list[str]:
    seller, pay_to = content.seller, content.pay_to
    named = [
        (words["tax_id"], seller.tax_id),
        (words["bank"], pay_to.bank_name),
        ("IBAN", pay_to.iban),
        ("BIC", pay_to.bic),
    ]
    rows = [seller.legal_name, *seller.address_lines, seller.registration, seller.email]
    return [row for row in rows if row] + [f"{name} {text}" for name, text in named if text]


def _facts(content: PaperContent, words: Words) -> Iterator[tuple[str, str]]:
    language = content.language
    yield words["number"], content.number
    yield words["issued"], day_text(content.issued_on, language)
    if content.refers_to is not None:
        name = words["instead_of"] if content.kind == "invoice" else words["of_invoice"]
        day = day_text(content.refers_to.issued_on, language)
        yield name, words["of_day"].format(number=content.refers_to.number, day=day)
    if content.reason:
        yield words["reason"], words[f"reason:{content.reason}"]
    if content.first_on is not None and content.last_on is not None:
        yield words["period"], days_text(content.first_on, content.last_on, language)
    yield words["customer"], content.customer.reference
    if content.customer.tax_id:
        yield words["customer_tax_id"], content.customer.tax_id
    if content.purchase_order:
        yield words["purchase_order"], content.purchase_order
    if content.due_on is not None:
        yield words["due"], day_text(content.due_on, language)
        yield words["reference"], content.number


def _statements(content: PaperContent, words: Words) -> Iterator[str]:
    if content.is_void and content.refers_to is not None and content.voided_on is not None:
        yield words["void_since"].format(
            number=content.refers_to.number,
            day=day_text(content.refers_to.issued_on, content.language),
            since=day_text(content.voided_on, content.language),
        )
    if content.is_credit_note and content.lines:
        yield words["note_gives"]


def _rows(content: PaperContent) -> list[dict[str, Any]]:
    """The lines by group, each with the sum of all up to it, which is carried over a page."""
    groups: dict[str, list[PaperLine]] = {}
    for line in content.lines:
        groups.setdefault(line.group, []).append(line)
    ordered = [line for lines in groups.values() for line in lines]
    running = dict(
        zip(
            (line.position for line in ordered),
            accumulate(line.amount_minor for line in ordered),
            strict=True,
        )
    )
    rows: list[dict[str, Any]] = []
    for group, lines in groups.items():
        if group:
            rows.append({"kind": "group", "text": group})
        rows.extend(_row(line, running[line.position], content) for line in lines)
    return rows


def _row(line: PaperLine, running: int, content: PaperContent) -> dict[str, Any]:
    language, notes = content.language, []
    whole = (content.first_on, content.last_on)
    if line.first_on is not None and line.last_on is not None and whole != (
        line.first_on, line.last_on
    ):  # fmt: skip
        notes.append(days_text(line.first_on, line.last_on, language))
    return {
        "kind": "line",
        "text": line.description,
        "notes": notes,
        "quantity": "" if line.quantity is None else exact_text(line.quantity, language),
        "unit": line.unit if line.quantity is not None else "",
        "price": "" if line.unit_price is None else exact_text(line.unit_price, language),
        "amount": amount_text(line.amount_minor, content.currency, language),
        "running": amount_text(running, content.currency, language),
    }


def _sum_rows(content: PaperContent, words: Words) -> Iterator[dict[str, Any]]:
    def row(label: str, minor: int, *, strong: bool = False) -> dict[str, Any]:
        amount = money_text(minor, content.currency, content.language)
        return {"label": label, "amount": amount, "strong": strong}

    if content.is_void:
        yield row(words["voided_total"], content.total_minor, strong=True)
        return
    yield row(words["subtotal"], content.subtotal_minor)
    yield row(words["tax"], content.tax_minor)
    if content.carried_minor:
        name = "carried_forward_credit" if content.carried_minor > 0 else "carried_credit"
        yield row(words[name], content.carried_minor)
    yield row(
        words["credited" if content.is_credit_note else "total"], content.total_minor, strong=True
    )
    if content.paid_minor:
        yield row(words["paid"], -content.paid_minor)
        yield row(words["open"], content.due_minor, strong=True)


def _tax_row(tax: PaperTax, content: PaperContent, words: Words) -> dict[str, str]:
    said = words.get(f"treatment:{tax.treatment}", "").format(evidence=tax.evidence)
    place = " ".join(part for part in (tax.name, tax.jurisdiction) if part)
    return {
        "text": f"{said.rstrip(', ')} ({place})" if said and place else said or place,
        "rate": percent_text(tax.rate, content.language) if tax.treatment == "standard" else "",
        "base": amount_text(tax.base_minor, content.currency, content.language),
        "tax": amount_text(tax.tax_minor, content.currency, content.language),
    }


def _notes(content: PaperContent, words: Words) -> Iterator[str]:
    if content.kind == "invoice":
        if content.due_minor <= 0:
            yield words["nothing_due"]
        elif content.pay_to.iban:
            yield words["pay_to"].format(account=content.pay_to.iban, number=content.number)
    yield from (row for row in content.note.splitlines() if row.strip())


def _pattern(address: str) -> str:
    """The address as a square pattern, an SVG picture."""
    squares = qr_squares(address, border=0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {squares.size} {squares.size}" '
        f'shape-rendering="crispEdges"><path d="{squares.path}"/></svg>'
    )
