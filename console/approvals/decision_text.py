"""What the page of a proposal says about deciding it: who may, why not, how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from accounts.models import User
from accounts.permissions import permitted, roles_with
from accounts.queries.staff import names_of_holders
from approvals.models import Proposal
from approvals.operations.executing import RETRYABLE
from approvals.policy import rule_for
from approvals.queries.proposals import ProposalDetail
from console.shell import formats
from console.shell.permission_text import listed
from core.actor import is_said

PEOPLE_NAMED: Final = 3
_VERBS: Final = ("approve", "reject", "withdraw", "again")


class DecidesProposal(forms.Form):
    """A decision: on which seal, what, and why; an approval needs no reason."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())
    do = forms.ChoiceField(choices=[(verb, verb) for verb in _VERBS])
    why = forms.CharField(
        label="Why? Needed to reject or withdraw",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("do") in ("reject", "withdraw") and not is_said(said.get("why", "")):
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
    can_withdraw: bool = False
    can_try_again: bool = False
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


def bar_of(detail: ProposalDetail, person: User) -> DecisionBar:
    """What this person may do with it now."""
    proposal = detail.row.proposal
    says = (
        f"{detail.row.title} of {formats.money_text(proposal.amount)} for {proposal.account.name}"
    )
    rule = rule_for(proposal.kind, proposal.reason_code, proposal.amount)
    approvers = roles_with(rule.approve)
    if not detail.is_open:
        may_try = permitted(person, rule.propose) or permitted(person, rule.approve)
        return _over(detail, says, may_try=may_try)
    if proposal.maker_id == person.pk:
        people = names_of_holders(approvers, most=PEOPLE_NAMED)
        return DecisionBar(
            says,
            f"You put it forward; {listed(people) or 'somebody else'} decides.",
            can_withdraw=True,
        )
    if not permitted(person, rule.approve):
        roles = listed([role.spoken for role in approvers])
        return DecisionBar(says, f"Decided by {roles}; your roles do not carry it.")
    return DecisionBar(
        says, f"You decide on seal {proposal.seal[:8]}, and on nothing else.", can_approve=True
    )


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


def policy_of(detail: ProposalDetail, person: User) -> Sequence[PolicyLine]:
    """What the policy asks, line by line."""
    proposal = detail.row.proposal
    rule = rule_for(proposal.kind, proposal.reason_code, proposal.amount)
    roles = listed([role.spoken for role in roles_with(rule.approve)])
    is_decided = proposal.decided_by_id is not None
    decider = proposal.decided_by if is_decided else person
    return [
        PolicyLine(
            f"One {roles}",
            f"{decider} decided" if is_decided else f"you are {person}",
            is_decided or permitted(person, rule.approve),
        ),
        PolicyLine(
            "Another person than the maker",
            f"{proposal.maker} put it forward",
            decider != proposal.maker,
        ),
        PolicyLine(
            "Decided before it expires",
            "a decision at that instant is too late",
            detail.is_open or is_decided,
        ),
        PolicyLine(
            "It still comes to the same",
            "worked out again when it is approved; otherwise nothing is done",
            proposal.outcome in ("", Proposal.Outcome.EXECUTED),
        ),
    ]


def steps_of(detail: ProposalDetail) -> Sequence[ProposalStep]:
    """Put forward, decided, carried out."""
    proposal = detail.row.proposal
    if detail.is_open:
        return [
            ProposalStep("Put forward", "done"),
            ProposalStep("Decision", "now"),
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
