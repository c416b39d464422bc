"""What goes before stored bytes: kept by whoever asks, opened by no browser in our name."""

from __future__ import annotations

import base64

from django.utils.http import content_disposition_header


def download_headers(*, name: str, sha256: str) -> dict[str, str]:
    """The headers of a file to keep; its digest is written as RFC 9530 has it."""
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    return {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Repr-Digest": f"sha-256=:{digest}:",
    }
