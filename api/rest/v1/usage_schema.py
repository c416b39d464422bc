"""POST /api/v1/usage/events as the OpenAPI document describes it.

The hot path is a plain view without serializers, so nothing can be drawn from it. The examples are
sent by the tests.
"""

from __future__ import annotations

from typing import Any, Final

from accounts.models import CredentialScope
from api.rest.v1.shapes import Shape
from usage.envelope.body import BATCH, BATCH_MAX, EITHER, SINGLE
from usage.envelope.extensions import EXTENSIONS
from usage.envelope.forms import CSV, NDJSON
from usage.operations.ingest import IngestOutcome

_EVENT: Final[Shape] = {
    "type": "object",
    "description": "CloudEvents 1.0 in structured JSON.",
    "required": ["id", "source", "type", "subject", "time"],
    "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "maxLength": 255},
        "source": {"type": "string", "maxLength": 255},
        "type": {"type": "string", "maxLength": 255},
        "subject": {"type": "string", "maxLength": 200, "description": "A resource's platform id."},
        "time": {"type": "string", "format": "date-time"},
        "data": {
            "type": "object",
            "properties": {"quantity": {"type": ["string", "number"]}},
            "additionalProperties": True,
        },
        "data_base64": {"type": "string", "description": "The JSON of data, in base64."},
        "specversion": {"const": "1.0"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string"},
        "sequence": {"type": "string"},
        "sequencetype": {"enum": ["String", "Integer"]},
        **{name: {"type": ["string", "integer", "boolean"]} for name in sorted(EXTENSIONS)},
    },
}
_EVENTS: Final[Shape] = {
    "type": "array",
    "items": _EVENT,
    "minItems": 1,
    "maxItems": BATCH_MAX,
}
_VERDICT: Final[Shape] = {
    "type": "object",
    "required": ["index", "id", "source", "verdict"],
    "properties": {
        "index": {"type": "integer"},
        "id": {"type": ["string", "null"]},
        "source": {"type": ["string", "null"]},
        "verdict": {"type": "string", "enum": [outcome.value for outcome in IngestOutcome]},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "pointer": {"type": "string"},
        "received_at": {"type": "string", "format": "date-time"},
    },
}
_VERDICTS: Final[Shape] = {
    "type": "object",
    "description": "Written after the commit: what it says is stored.",
    "required": ["request_id", "counts", "verdicts"],
    "properties": {
        "request_id": {"type": "string"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "verdicts": {"type": "array", "items": _VERDICT},
    },
}
EXAMPLE: Final[dict[str, Any]] = {
    "id": "evt-0001",
    "source": "router/us-1",
    "type": "router.requests",
    "subject": "app-1001",
    "time": "2026-01-15T10:00:00Z",
    "data": {"quantity": "1200"},
}
_ROWS: Final = (
    "id,source,type,subject,time,quantity\n"
    "evt-0001,router/us-1,router.requests,app-1001,2026-01-15T10:00:00Z,1200\n"
)
_LINE: Final = (
    '{"id": "evt-0001", "source": "router/us-1", "type": "router.requests", '
    '"subject": "app-1001", "time": "2026-01-15T10:00:00Z", "data": {"quantity": "1200"}}\n'
)
INGEST: Final[dict[str, Any]] = {
    "operationId": "usage_events_create",
    "description": "Take in events, each exactly once, with a verdict for every one.",
    "tags": ["usage"],
    "security": [{"partnerToken": [CredentialScope.USAGE_WRITE.value]}],
    "parameters": [
        {"name": "atomic", "in": "query", "schema": {"type": "boolean", "default": False}},
        {"name": "backfill", "in": "query", "schema": {"type": "string"}},
    ],
    "requestBody": {
        "required": True,
        "content": {
            SINGLE: {"schema": _EVENT, "example": EXAMPLE},
            BATCH: {"schema": _EVENTS, "example": [EXAMPLE]},
            EITHER: {"schema": {"oneOf": [_EVENT, _EVENTS]}, "example": EXAMPLE},
            NDJSON: {"schema": {"type": "string"}, "example": _LINE},
            CSV: {"schema": {"type": "string"}, "example": _ROWS},
        },
    },
    "responses": {
        "200": {
            "description": "A verdict for every event.",
            "content": {"application/json": {"schema": _VERDICTS}},
        }
    },
}
