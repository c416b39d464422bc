"""Tables of disputes, imported from here."""

from billing.disputes.models.batches import CreditBatch, CreditBatchRow
from billing.disputes.models.cases import CaseMessage, DisputeCase
from billing.disputes.models.clocks import ClockEvent, ServiceHours
from billing.disputes.models.evidence import Attachment, EvidenceFile
from billing.disputes.models.incidents import Incident
from billing.disputes.models.lines import LIVE, ClaimDraft, DisputeLine
from billing.disputes.models.replies import MoneyPromise, PromiseLetPass, ReplyPack

__all__ = [
    "LIVE",
    "Attachment",
    "CaseMessage",
    "ClaimDraft",
    "ClockEvent",
    "CreditBatch",
    "CreditBatchRow",
    "DisputeCase",
    "DisputeLine",
    "EvidenceFile",
    "Incident",
    "MoneyPromise",
    "PromiseLetPass",
    "ReplyPack",
    "ServiceHours",
]
