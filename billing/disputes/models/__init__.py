"""Tables of disputes, imported from here."""

from billing.disputes.models.cases import CaseMessage, DisputeCase
from billing.disputes.models.clocks import ClockEvent, ServiceHours
from billing.disputes.models.lines import LIVE, ClaimDraft, DisputeLine

__all__ = [
    "LIVE",
    "CaseMessage",
    "ClaimDraft",
    "ClockEvent",
    "DisputeCase",
    "DisputeLine",
    "ServiceHours",
]
