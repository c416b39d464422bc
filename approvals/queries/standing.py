"""How far deciding is, of one proposal or of a page of them: votes, levels, and who counts now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q

from accounts.models import Role, User
from accounts.queries.staff import roles_by_person
from approvals.authority import Decider, ProposalStanding, Vote, above_limit
from approvals.models import Decision, Delegation, Proposal, ProposalVersion, amount_of
from approvals.policy import ApprovalRule, Matter, Policy
from approvals.queries.policies import policies_of, present_policy
from core.money import Money


def standings(proposals: Collection[Proposal]) -> Mapping[int, ProposalStanding]:
    """By their keys how far each is; five queries, whatever their number."""
    if not proposals:
        return {}
    present = present_policy()
    versions = _versions(proposals)
    policies = dict(policies_of({each.policy_version for each in versions.values()}))
    decisions, roles = _decisions(proposals)
    return {
        proposal.pk: _standing(
            proposal,
            versions,
            rule_of(proposal, policies[versions[proposal.pk, proposal.version].policy_version]),
            present,
            decisions[proposal.pk],
            roles,
        )
        for proposal in proposals
    }


def standing_of(proposal: Proposal) -> ProposalStanding:
    """How far one is; five queries."""
    return standings([proposal])[proposal.pk]


def decider_of(person: User, *, at: datetime) -> Decider:
    """A person with the roles held now and what they let happen on the UTC day, and those whose
    deputy they are at the instant; three queries.
    """
    people = [person, *(each.of for each in delegations_of(person, at=at))]
    keys = [each.pk for each in people]
    roles = roles_by_person(keys)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Decision.objects.filter(
        Q(person__in=keys) | Q(in_name_of__in=keys),
        vote=Decision.Vote.APPROVE,
        decided_at__gte=day,
        version=F("proposal__version"),
        proposal__state__in=[Proposal.State.OPEN, Proposal.State.APPROVED],
        proposal__amount_minor__isnull=False,
    ).values_list("person", "in_name_of", "proposal__currency", "proposal__amount_minor")
    let: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for voter, name, currency, minor in rows:
        for key in filter(None, (voter, name)):
            let[key][currency] += Money.from_minor(minor, currency).amount
    first, *others = (
        Decider(each, roles.get(each.pk, frozenset[Role]()), dict(let[each.pk])) for each in people
    )
    return replace(first, names=others)


def delegations_of(deputy: User, *, at: datetime) -> list[Delegation]:
    """The delegations by which somebody decides for others at an instant; one query."""
    rows = Delegation.objects.filter(in_force(at), deputy=deputy).select_related("of")
    return list(rows.order_by("pk"))


def in_force(at: datetime) -> Q:
    """Delegations that hold at an instant: from its beginning on, not at its end."""
    lasts = Q(ended_at__isnull=True, valid_until__gt=at) | Q(ended_at__gt=at)
    return lasts & Q(valid_from__lte=at)


def matter_of(proposal: Proposal) -> Matter:
    """What the policy is asked about a proposal; its account is at hand."""
    account = proposal.account.public_id if proposal.account is not None else ""
    return Matter(proposal.kind, proposal.reason_code, proposal.amount, account)


def rule_of(proposal: Proposal, policy: Policy) -> ApprovalRule:
    """The row of a policy about a proposal; its account is at hand. Raises: NotForThisRole."""
    return policy.rule_for(matter_of(proposal))


def _versions(proposals: Collection[Proposal]) -> dict[tuple[int, int], ProposalVersion]:
    rows = ProposalVersion.objects.filter(proposal__in=[each.pk for each in proposals])
    return {(row.proposal_id, row.number): row for row in rows}


def _decisions(
    proposals: Collection[Proposal],
) -> tuple[Mapping[int, Sequence[Decision]], Mapping[int, frozenset[Role]]]:
    rows = list(
        Decision.objects.filter(Q(proposal__in=[each.pk for each in proposals]))
        .select_related("person", "in_name_of")
        .order_by("decided_at", "pk")
    )
    found: dict[int, list[Decision]] = defaultdict(list)
    for row in rows:
        found[row.proposal_id].append(row)
    people = {key for row in rows for key in (row.person_id, row.in_name_of_id) if key is not None}
    return found, roles_by_person(people)


def _standing(
    proposal: Proposal,
    versions: Mapping[tuple[int, int], ProposalVersion],
    rule: ApprovalRule,
    present: Policy,
    decisions: Sequence[Decision],
    roles: Mapping[int, frozenset[Role]],
) -> ProposalStanding:
    votes = []
    for each in decisions:
        is_present = each.version == proposal.version
        why = ""
        if is_present and each.vote == Decision.Vote.APPROVE and proposal.state == "open":
            why = _lapsed(each, proposal, rule, present, roles)
        amount = amount_of(versions[proposal.pk, each.version].amount_minor, proposal.currency)
        votes.append(Vote(each, amount, is_present, why))
    version = versions[proposal.pk, proposal.version]
    return ProposalStanding(proposal, version, rule, present, votes)


def _lapsed(
    decision: Decision,
    proposal: Proposal,
    rule: ApprovalRule,
    present: Policy,
    roles: Mapping[int, frozenset[Role]],
) -> str:
    """Why an approval of the present version does not count any more; empty where it does."""
    person = Decider(decision.person, roles.get(decision.person_id, frozenset()))
    name = decision.in_name_of
    held = person if name is None else Decider(name, roles.get(name.pk, frozenset()))
    if not held.carries(rule.levels[decision.level - 1].permission):
        return f"{held.person} does not hold the role any more."
    if not decision.person.is_active:
        return f"{decision.person} has left."
    for each in (held, person):
        if above_limit(present, each, proposal.amount):
            return f"It is above the limit of {each.person} by now."
    return ""
