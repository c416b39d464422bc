"""CloudEvents from outside become drafts, or a refusal that names the place and the rule.

Owns the shape of an event: fields, lengths, characters, time and number formats, size. Pure Python,
no database: whether a draft can be billed is decided by usage.operations.ingest.
"""

from usage.envelope.body import BatchTooLarge, Body
from usage.envelope.forms import read_body
from usage.envelope.item import read_item
from usage.envelope.received_event import EventRefusal, ReceivedEvent

__all__ = ["BatchTooLarge", "Body", "EventRefusal", "ReceivedEvent", "read_body", "read_item"]
