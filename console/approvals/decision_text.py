"""What the page of a proposal says about deciding it: who may, why not, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from accounts.permissions import OwnProposal
from accounts.queries.staff import names_of_holders
from approvals.authority import (
    Decider,
    LevelStanding,
    ProposalStanding,
    require_may_act_in_emergency,
    require_may_approve,
    require_may_refuse,
)
from approvals.models import Proposal
from approvals.operations.executing import RETRYABLE
from approvals.queries.proposals import ProposalDetail, ProposalRow
from console.shell import formats
from console.shell.permission_text import listed
from core.actor import is_said
from core.errors import DomainError

PEOPLE_NAMED: Final = 3
_VERBS: Final = ("approve", "reject", "return", "withdraw", "again", "emergency")
_WITH_REASON: Final = ("reject", "return", "withdraw", "emergency")


class DecidesProposal(forms.Form):
    """A decision: on which seal, what, and why; an approval needs no reason."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    do = forms.ChoiceField(choices=[(verb, verb) for verb in _VERBS])
    why = forms.CharField(
        label="Why, or what is unclear? Needed for anything but an approval",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("do") in _WITH_REASON and not is_said(said.get("why", "")):
            self.add_error("why", "Say why.")
        return said

    @property
    def verb(self) -> str:
        """What is decided."""
        verb: str = self.cleaned_data["do"]
        return verb

    @property
    def seen_seal(self) -> str:
        """What was looked at."""
        seal: str = self.cleaned_data["seen"]
        return seal

    @property
    def reason(self) -> str:
        """Why."""
        why: str = self.cleaned_data["why"]
        return why


@dataclass(frozen=True, slots=True)
class DecisionBar:
    """What the bar at the foot offers; `why` says why something is off, or who decides."""

    says: str
    why: str
    can_approve: bool = False
    can_refuse: bool = False
    can_withdraw: bool = False
    can_try_again: bool = False
    can_act_alone: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One condition of the policy, and whether it is met by whoever looks."""

    text: str
    note: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ProposalStep:
    """One step of a proposal's life."""

    name: str
    state: str = ""


def bar_of(detail: ProposalDetail, decider: Decider) -> DecisionBar:
    """What this person may do with it now."""
    proposal, standing = detail.row.proposal, detail.standing
    says = said_of(detail.row)
    if proposal.state == Proposal.State.RETURNED:
        is_own = proposal.maker_id == decider.person.pk
        why = "Answer the question by putting it forward again, or withdraw it."
        return DecisionBar(
            says, why if is_own else f"Returned to {proposal.maker}.", can_withdraw=is_own
        )
    if not detail.is_open:
        asked = (standing.rule.propose, *standing.rule.permissions)
        return _over(detail, says, may_try=any(map(decider.carries, asked)))
    try:
        authority = require_may_approve(standing, decider)
    except OwnProposal:
        waits = standing.waits_for
        people = names_of_holders(waits.level.roles, most=PEOPLE_NAMED) if waits else []
        why = f"You put it forward; {listed(people) or 'somebody else'} decides."
        return DecisionBar(says, why, can_withdraw=True)
    except DomainError as refused:
        return DecisionBar(
            says,
            refused.message,
            can_refuse=_may_refuse(standing, decider),
            can_act_alone=_may_act_alone(standing, decider),
        )
    level, name = authority.level, authority.in_name_of
    others = standing.rule.needed - sum(len(each.votes) for each in standing.levels) - 1
    more = f" Then {others} more must approve." if others else ""
    whose = f" in the name of {name}" if name is not None else ""
    why = (
        f"You decide level {level.number}{whose} on seal {proposal.seal[:8]}, "
        f"and on nothing else.{more}"
    )
    alone = bool(others) and _may_act_alone(standing, decider)
    return DecisionBar(says, why, can_approve=True, can_refuse=True, can_act_alone=alone)


def said_of(row: ProposalRow) -> str:
    """What it is in a few words."""
    proposal = row.proposal
    amount = f" of {formats.money_text(row.amount)}" if row.amount is not None else ""
    account = f" for {proposal.account.name}" if proposal.account is not None else ""
    return f"{row.title}{amount}{account}"


def _may_refuse(standing: ProposalStanding, decider: Decider) -> bool:
    try:
        require_may_refuse(standing, decider)
    except DomainError:
        return False
    return True


def _may_act_alone(standing: ProposalStanding, decider: Decider) -> bool:
    try:
        require_may_act_in_emergency(standing, decider)
    except DomainError:
        return False
    return True


def _over(detail: ProposalDetail, says: str, *, may_try: bool) -> DecisionBar:
    proposal = detail.row.proposal
    if detail.row.state == Proposal.State.EXPIRED:
        return DecisionBar(says, "It expired and was not done. Put it forward again.", is_over=True)
    if detail.row.state == Proposal.State.SUPERSEDED:
        return DecisionBar(says, "Its maker put another in its place.", is_over=True)
    who = f"{proposal.get_state_display()} by {proposal.decided_by}."
    if proposal.state == Proposal.State.APPROVED and proposal.outcome in RETRYABLE:
        said = detail.executions[0].said if detail.executions else ""
        return DecisionBar(says, f"{who} Not done: {said}", can_try_again=may_try, is_over=True)
    return DecisionBar(says, who, is_over=True)


def policy_of(detail: ProposalDetail) -> Sequence[PolicyLine]:
    """What the policy asks, line by line: each level and who approved it, then what must hold."""
    proposal, standing = detail.row.proposal, detail.standing
    levels = [
        PolicyLine(
            f"Level {each.number}: {_people(each)}",
            ", ".join(str(vote.decision.person) for vote in each.votes) or "nobody yet",
            each.is_full,
        )
        for each in standing.levels
    ]
    return [
        *levels,
        PolicyLine(
            "Other people than the maker",
            f"{proposal.maker} put it forward",
            proposal.maker_id not in standing.let_by,
        ),
        PolicyLine(
            "Decided before it expires",
            "a decision at that instant is too late",
            detail.is_open or proposal.decided_by_id is not None,
        ),
        PolicyLine(
            "It still comes to the same",
            "worked out again when it is approved; otherwise nothing is done",
            proposal.outcome in ("", Proposal.Outcome.EXECUTED),
        ),
    ]


def _people(each: LevelStanding) -> str:
    count = each.level.persons
    roles = listed([role.spoken for role in each.level.roles])
    return f"one {roles}" if count == 1 else f"{count} different people, {roles}"


def waits_text(standing: ProposalStanding) -> str:
    """Whom it waits for: level 1 of 2, finance approver; empty where it waits for nobody."""
    waits = standing.waits_for
    if waits is None:
        return ""
    roles = listed([role.spoken for role in waits.level.roles])
    given = len(waits.votes)
    of = f", {given} of {waits.level.persons}" if waits.level.persons > 1 else ""
    count = len(standing.levels)
    return f"level {waits.number} of {count}, {roles}{of}" if count > 1 else f"{roles}{of}"


def _decision_step(standing: ProposalStanding) -> str:
    waits = standing.waits_for
    if waits is None or standing.rule.needed == 1:
        return "Decision"
    return f"Level {waits.number} of {len(standing.levels)}"


def steps_of(detail: ProposalDetail) -> Sequence[ProposalStep]:
    """Put forward, decided, carried out."""
    proposal = detail.row.proposal
    if detail.is_open:
        return [
            ProposalStep("Put forward", "done"),
            ProposalStep(_decision_step(detail.standing), "now"),
            ProposalStep("Carried out"),
        ]
    decided = ProposalStep(dict(Proposal.State.choices)[detail.row.state], "done")
    if proposal.outcome == Proposal.Outcome.EXECUTED:
        return [ProposalStep("Put forward", "done"), decided, ProposalStep("Carried out", "done")]
    if proposal.state == Proposal.State.APPROVED:
        return [
            ProposalStep("Put forward", "done"),
            decided,
            ProposalStep(proposal.get_outcome_display(), "now"),
        ]
    return [ProposalStep("Put forward", "done"), decided, ProposalStep("Not carried out")]
