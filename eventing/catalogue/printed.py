"""docs/events.md, made of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from eventing.catalogue import CATALOGUE
from eventing.catalogue.shapes import FieldShape, PublishedType

_HEAD = """\
# Events

Every change is told as an event, written in the transaction of the change: there is an event
exactly when it happened. How they are read is in [api.md](api.md). `manage.py event_types` prints
this page.

An event is a CloudEvent (1.0, JSON). It is written once and never changes: it shows its subject as
it was right after it. `sequence` counts the events of a subject, 1, 2, 3 …: keep the greatest you
have seen, and you know the present state and whether one is missing.

Fields are only ever added to a type. Expect types, fields and words you do not know.
"""


def page() -> str:
    """The whole page."""
    told = list(CATALOGUE.values())
    outside = _types([each for each in told if each.for_partners])
    inside = _types([each for each in told if not each.for_partners])
    written = "\n".join(
        [
            _HEAD,
            "## For partners",
            "",
            "Of accounts the partner may read, as of when the event is told.",
            "",
            *outside,
            "## Within the house",
            "",
            "For internal teams that read every account.",
            "",
            *inside,
        ]
    )
    return written.rstrip() + "\n"


def _types(told: Iterable[PublishedType]) -> Iterator[str]:
    for each in told:
        yield f"### {each.name}\n"
        yield f"{each.says}\n"
        if not each.fields:
            yield "`data` is empty.\n"
            continue
        yield "| field | holds | example |"
        yield "| --- | --- | --- |"
        for name, shape in each.fields.items():
            yield f"| `{name}` | {_holds(shape)} | `{json.dumps(shape.example)}` |"
        yield ""


def _holds(shape: FieldShape) -> str:
    schema = shape.schema
    kind = str(schema.get("type", "depends on the kind"))
    if "decimal" in schema.get("properties", {}):
        kind = "money"
    elif "pattern" in schema:
        kind = f"id, `{str(schema['pattern'])[1:4]}_…`"
    elif "format" in schema:
        kind = "instant" if schema["format"] == "date-time" else "day"
    words = {"string": "text", "integer": "number", "array": "list", "boolean": "true or false"}
    said = words.get(kind, kind) + (" or null" if shape.is_nullable else "")
    said += ", where it applies" if shape.is_sometimes else ""
    return f"{said}. {schema['description']}" if "description" in schema else said
