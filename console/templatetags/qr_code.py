"""A text as a picture for a phone's camera."""

from __future__ import annotations

from django import template
from qrcode.main import QRCode  # type: ignore[import-untyped]

register = template.Library()


@register.inclusion_tag("_components/qr_code.html")
def qr_code(text: str, label: str) -> dict[str, object]:
    """The QR code of a text; a square of the path for each dark module."""
    code = QRCode()
    code.add_data(text)
    rows = code.get_matrix()
    dark = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return {"size": len(rows), "path": "".join(dark), "label": label}
