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
    "required": [
        "format",
        "line",
        "document",
        "claim",
        "explanation",
        "evidence",
        "digest",
        "signature",
    ],
    "properties": {
        "format": {"const": "counterfoil-proof/1"},
        "line": {"type": "string", "description": "The key of the line asked about."},
        "document": {"type": "object", "description": "The pricing document that gives it again."},
        "claim": {"type": "object", "description": "The lines and totals that were billed."},
        "explanation": {"type": "object", "description": "The same in words, step by step."},
        "evidence": {"type": "object", "description": "Where the quantity comes from."},
        "digest": {"type": "string", "description": "SHA-256 of all but itself and the signature."},
        "signature": _SIGNATURE,
    },
}
_LINE: Final[Shape] = {
    "type": "object",
    "required": ["key", "kind", "quantity", "unit_price", "exact_amount", "amount", "explanation"],
    "properties": {
        "key": {"type": "string"},
        "kind": {"type": "string"},
        "charge": {"type": ["string", "null"]},
        "description": {"type": ["string", "null"]},
        "resource": {"type": ["string", "null"]},
        "dimensions": {"type": "object", "additionalProperties": {"type": "string"}},
        "metered_quantity": {"type": ["string", "null"]},
        "quantity": DECIMAL,
        "unit": {"type": "string"},
        "unit_price": {"type": ["string", "null"]},
        "average_unit_price": {"type": ["string", "null"]},
        "exact_amount": EXACT,
        "amount": DECIMAL,
        "tax_group": {"type": "string"},
        "explanation": {"type": "array", "items": {"type": "object"}},
    },
}
QUOTE: Final[Shape] = {
    "type": "object",
    "description": "What a pricing document comes to; docs/pricing.md describes every field.",
    "required": ["currency", "total", "lines", "explanation", "warnings"],
    "properties": {
        "currency": {"type": "string"},
        "subtotal": DECIMAL,
        "tax": DECIMAL,
        "credits": DECIMAL,
        "total": DECIMAL,
        "lines": {"type": "array", "items": _LINE},
        "explanation": {
            "type": "object",
            "properties": {
                "order": {"type": "array", "items": {"type": "string"}},
                "rounding": {"type": "string"},
                "words": {"type": "object"},
            },
        },
        "warnings": {"type": "array", "items": {"type": "object"}},
        "period": {"type": "object"},
    },
}
PRICING_DOCUMENT: Final[Shape] = {
    "type": "object",
    "description": "One charge, or `charges`; docs/pricing.md has an example of every model.",
    "required": ["currency"],
    "properties": {
        "currency": {"type": ["string", "object"]},
        "period": {"type": "object"},
        "prices": {"type": "object"},
        "charges": {"type": "array", "items": {"type": "object"}},
        "account": {"type": "object"},
        "price": {"type": ["object", "string"]},
        "quantity": {"type": ["string", "number"]},
    },
    "additionalProperties": True,
}
