"""Take events in, each exactly once, with a verdict for every one of them.

Owns the verb `ingest`. placing decides what an event is, writing stores a batch, verdicts is the
answer. Reading the bytes of a request is usage.envelope.
"""

from usage.operations.ingest.operation import ingest
from usage.operations.ingest.placing import Gate, GateFinding, Reporter
from usage.operations.ingest.verdicts import IngestOutcome, IngestResult, Verdict

__all__ = ["Gate", "GateFinding", "IngestOutcome", "IngestResult", "Reporter", "Verdict", "ingest"]
