"""The shapes of answers that no serializer makes, as the OpenAPI document describes them.

Owns descriptions only: what is answered is made where it is computed.
"""

from __future__ import annotations

from typing import Any, Final

Shape = dict[str, Any]

DECIMAL: Final[Shape] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
EXACT: Final[Shape] = {
    "type": "string",
    "description": "A decimal where it terminates, otherwise a fraction such as 1497/248.",
}
_SIGNATURE: Final[Shape] = {
    "type": "object",
    "required": ["algorithm", "key_id", "public_key", "value"],
    "properties": {
        "algorithm": {"const": "Ed25519"},
        "key_id": {"type": "string", "description": "`kid` in the published key set."},
        "public_key": {"type": "string", "description": "In base64."},
        "value": {"type": "string", "description": "In base64."},
    },
}
PROOF: Final[Shape] = {
    "type": "object",
    "description": "Worked out again offline by `manage.py verify_charge`.",
    "required": ["format", "line", "document", "claim", "explanation", "evidence", "signature"],
    "properties": {
        "format": {"const": "counterfoil-proof/1"},
        "line": {"type": "string", "description": "The key of the line asked about."},
        "document": {"type": "object", "description": "The pricing document that gives it again."},
        "claim": {"type": "object", "description": "The lines and totals that were billed."},
        "explanation": {"type": "object", "description": "The same in words, step by step."},
        "evidence": {"type": "object", "description": "Where the quantity comes from."},
        "signature": _SIGNATURE,
    },
}
