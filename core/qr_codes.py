"""QR codes: a text as squares that a phone's camera reads."""

from __future__ import annotations

from dataclasses import dataclass

from qrcode.main import QRCode  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class QrSquares:
    """A square of `size` modules; `path` draws the dark ones, each of one unit, in SVG."""

    size: int
    path: str


def qr_squares(text: str, *, border: int = 4) -> QrSquares:
    """The QR code of a text, of medium correction, within so many light modules."""
    code = QRCode(border=border)
    code.add_data(text)
    rows = code.get_matrix()
    dark = (
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return QrSquares(len(rows), "".join(dark))
