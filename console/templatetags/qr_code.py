"""A text as a picture for a phone's camera."""

from __future__ import annotations

from django import template

from core.qr_codes import qr_squares

register = template.Library()


@register.inclusion_tag("_components/qr_code.html")
def qr_code(text: str, label: str) -> dict[str, object]:
    """The QR code of a text; a square of the path for each dark module."""
    squares = qr_squares(text)
    return {"size": squares.size, "path": squares.path, "label": label}
