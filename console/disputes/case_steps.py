"""Steps of a case that concern the case alone: whose it is, and how urgent."""

from __future__ import annotations

from datetime import datetime

from billing.disputes.models import DisputeCase
from billing.disputes.operations import line_decisions
from console.disputes.forms import HandsOver, SetsPriority
from console.disputes.money_steps import SentStep
from console.shell.access import StaffRequest


def hand_over_step(request: StaffRequest, case: DisputeCase, sent: SentStep, at: datetime) -> bool:
    """Make somebody care for it, or nobody. Raises: what the operation raises."""
    form = sent.sent = HandsOver(sent.data, auto_id="id_owner_%s")
    if not form.is_valid():
        return False
    line_decisions.hand_over(case=case, to=form.cleaned_data["owner"], at=at, by=request.user.actor)
    return True


def priority_step(request: StaffRequest, case: DisputeCase, sent: SentStep, at: datetime) -> bool:
    """Say how urgent it is. Raises: what the operation raises."""
    form = sent.sent = SetsPriority(sent.data, auto_id="id_priority_%s")
    if not form.is_valid():
        return False
    said = form.cleaned_data
    line_decisions.set_priority(
        case=case,
        priority=DisputeCase.Priority(said["priority"]),
        at=at,
        by=request.user.actor,
        reason=said["reason"],
    )
    return True
