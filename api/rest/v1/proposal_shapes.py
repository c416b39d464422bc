"""What proposals look like in OpenAPI."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_OR_NULL: Final = {"type": ["string", "null"]}

WISH: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["kind", "payload", "reason_code", "reason"],
    "properties": {
        "kind": _TEXT,
        "payload": {"type": "object", "description": "As docs/approvals.md says, by kind."},
        "reason_code": _TEXT,
        "reason": _TEXT,
        "ticket": _TEXT,
    },
}
AGAIN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["payload", "reason"],
    "properties": {"payload": {"type": "object"}, "reason": _TEXT},
}
WITHDRAWAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["seal", "reason"],
    "properties": {"seal": _TEXT, "reason": _TEXT},
}
PROPOSAL: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "kind": _TEXT,
        "account": _OR_NULL,
        "amount": {
            "type": ["object", "null"],
            "properties": {
                "currency": _TEXT,
                "minor": {"type": "integer"},
                "decimal": _TEXT,
            },
        },
        "state": _TEXT,
        "outcome": _OR_NULL,
        "effect_id": _OR_NULL,
        "version": {"type": "integer"},
        "seal": _TEXT,
        "reason_code": _TEXT,
        "ticket": _TEXT,
        "payload": {"type": "object"},
        "effect": {"type": "object"},
        "levels": {
            "type": "array",
            "description": "The levels of the policy, in their order, and who approved each.",
            "items": {
                "type": "object",
                "properties": {
                    "level": {"type": "integer"},
                    "permission": _TEXT,
                    "persons": {"type": "integer"},
                    "approved_by": {"type": "array", "items": _TEXT},
                },
            },
        },
        "made_by": _TEXT,
        "decided_by": _OR_NULL,
        "put_forward_at": _INSTANT,
        "expires_at": _INSTANT,
        "decided_at": {"type": ["string", "null"], "format": "date-time"},
    },
}
PROPOSALS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": PROPOSAL}, "next_after": _TEXT},
}
