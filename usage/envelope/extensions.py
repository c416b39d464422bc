"""Extension attributes of CloudEvents: which ones an event may bring, and what stands in them.

They say how an event travelled and not what happened, so they are kept beside it and are no part of
its fingerprint: the same event sent again with another traceparent is a duplicate. Only attributes
that CloudEvents documents are taken; any other name is more likely a field put in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from usage.envelope.fields import ItemRefused

LENGTH_MAX: Final = 1_024

EXTENSIONS: Final = frozenset(
    {
        *("traceparent", "tracestate"),
        *("partitionkey", "recordedtime", "expirytime", "sampledrate", "dataref"),
        *("severitytext", "severitynumber"),
        *("authtype", "authid", "authclaims"),
        *("correlationid", "causationid"),
    }
)


def read_extensions(item: Mapping[str, Any]) -> dict[str, Any]:
    """The extension attributes of an item, by name in order. Raises: ItemRefused."""
    found = {name: item[name] for name in sorted(EXTENSIONS & item.keys())}
    for name, value in found.items():
        if not isinstance(value, str | int):
            raise ItemRefused(
                f"type:{name}", f"/{name}", f"{name} is a text, a whole number, true or false."
            )
        if isinstance(value, str) and len(value) > LENGTH_MAX:
            raise ItemRefused(
                f"{name}_length", f"/{name}", f"{name} has more than {LENGTH_MAX:,} characters."
            )
    return found
