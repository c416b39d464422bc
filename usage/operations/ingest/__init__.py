"""Take events in, each exactly once, with a verdict for every one of them.

Owns the verb `ingest`. placing decides what an event is, writing stores a batch, verdicts is the
answer. Reading the bytes of a request is usage.envelope.
"""

from usage.operations.ingest.operation import ingest
from usage.operations.ingest.placing import Finding, Gate, Reporter
from usage.operations.ingest.verdicts import IngestResult, Outcome, Verdict

__all__ = ["Finding", "Gate", "IngestResult", "Outcome", "Reporter", "Verdict", "ingest"]
