"""A paper as one HTML file that needs no other: for a screen and for A4, without scripts."""

from __future__ import annotations

import base64

from django.template.loader import render_to_string

from billing.papers.printed import Printed


def as_html(paper: Printed) -> bytes:
    """The bytes of the file."""
    picture = base64.b64encode(paper["qr"].encode()).decode()
    context = {
        "paper": paper,
        "words": paper["words"],
        "picture": f"data:image/svg+xml;base64,{picture}",
    }
    return render_to_string("papers/paper.html", context).encode()
