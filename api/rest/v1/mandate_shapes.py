"""What mandates and their draws look like in OpenAPI."""

from typing import Any, Final

from api.rest.v1.proposal_shapes import WISH as PROPOSED

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_WHOLE: Final = {"type": "integer"}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_MONEY: Final = {
    "type": "object",
    "properties": {"currency": _TEXT, "minor": _WHOLE, "decimal": _TEXT},
}

WISH: Final[dict[str, Any]] = PROPOSED | {"required": [*PROPOSED["properties"]]}
MANDATE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "title": _TEXT,
        "state": {"type": "string", "enum": ["in_force", "frozen", "over"]},
        "kinds": _TEXTS,
        "reason_codes": _TEXTS,
        "per_case": _MONEY,
        "per_account_month": _MONEY,
        "total": _MONEY,
        "left": _MONEY,
        "draws": _WHOLE,
        "waiting_for_review": _WHOLE,
        "review_every": _WHOLE,
        "ends_at": _INSTANT,
        "made_at": _INSTANT,
    },
}
MANDATES: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": MANDATE}},
}
DRAW: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "kind": _TEXT,
        "account": _TEXT,
        "amount": _MONEY,
        "effect_id": _TEXT,
        "reason_code": _TEXT,
        "ticket": _TEXT,
        "drawn_by": _TEXT,
        "drawn_at": _INSTANT,
        "waits_for_review": {"type": "boolean"},
        "gives_back": {"type": ["string", "null"]},
    },
}
DRAWS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": DRAW}, "next_after": _TEXT},
}
