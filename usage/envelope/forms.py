"""Every form the body of an ingest request may have, by its media type.

JSON is read by usage.envelope.body, lines by usage.envelope.records; here is only which is which,
and that the limits of a request hold for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from core.json_reader import BodyTooLarge
from usage.envelope import body as json_body
from usage.envelope.body import BODY_BYTES_MAX, BatchEmpty, Body, check_count
from usage.envelope.received_event import EventRefusal, ReceivedEvent
from usage.envelope.records import NEWLINES_LOST, read_csv, read_ndjson, require_text

Reader = Callable[[Iterable[bytes]], Iterator[ReceivedEvent | EventRefusal]]

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
BY_LINE: Final[dict[str, Reader]] = {NDJSON: read_ndjson, CSV: read_csv}
MEDIA_TYPES: Final = (*json_body.MEDIA_TYPES, *BY_LINE)


def read_body(body: bytes, media_type: str) -> Body:
    """Read the events of a request whose media type is one of MEDIA_TYPES.

    Raises: what usage.envelope.body.read_body raises, TextForeign and ColumnsInvalid.
    """
    reader = BY_LINE.get(media_type)
    if reader is None:
        return json_body.read_body(body, media_type)
    if len(body) > BODY_BYTES_MAX:
        raise BodyTooLarge(f"The body is larger than the limit of {BODY_BYTES_MAX:,} bytes.")
    require_text(body)
    lines = body.split(b"\n")
    if media_type == CSV and len(lines) == 1 and body.strip():
        raise BatchEmpty(f"There is one line, and it is the header. {NEWLINES_LOST}")
    # Counted before they are read: a blank line is none, and a header is not an event.
    check_count(sum(1 for line in lines if line.strip()) - (media_type == CSV))
    return Body(list(reader(lines)), is_batch=True)
