"""Nothing is done by one person alone, and what was done is named."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant(
    "I50",
    "What was executed was approved, in that version, by all who are needed, or in an emergency.",
)
def approved_by_enough() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM approvals_proposalexecution WHERE outcome = 'executed'",
        violating="""
        SELECT proposal.public_id FROM approvals_proposal AS proposal
        JOIN approvals_proposalexecution AS execution ON execution.proposal_id = proposal.id
        JOIN approvals_proposalversion AS version
            ON version.proposal_id = proposal.id AND version.number = execution.version
        WHERE execution.outcome = 'executed' AND version.needed_count > (
            SELECT count(DISTINCT decision.person_id) FROM approvals_decision AS decision
            WHERE decision.proposal_id = proposal.id AND decision.version = execution.version
              AND decision.vote = 'approve' AND decision.person_id <> proposal.maker_id)
          AND NOT EXISTS (SELECT FROM approvals_emergency AS emergency
            WHERE emergency.proposal_id = proposal.id AND emergency.version = execution.version
              AND emergency.taken_by_id <> proposal.maker_id)
        """,
    )


@invariant("I50", "A proposal says of its execution what its last attempt does.")
def effects_are_named() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM approvals_proposal",
        violating="""
        SELECT proposal.public_id FROM approvals_proposal AS proposal
        LEFT JOIN LATERAL (
            SELECT outcome FROM approvals_proposalexecution AS execution
            WHERE execution.proposal_id = proposal.id ORDER BY attempt DESC LIMIT 1
        ) AS last ON true
        WHERE proposal.outcome <> coalesce(last.outcome, '')
           OR (proposal.state = 'approved' AND last.outcome IS NULL)
        """,
    )


@invariant("I50", "A proposal has its versions from 1 on, the last of which is the present one.")
def versions_are_sealed() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM approvals_proposal",
        violating="""
        SELECT proposal.public_id FROM approvals_proposal AS proposal
        LEFT JOIN approvals_proposalversion AS version ON version.proposal_id = proposal.id
        GROUP BY proposal.id
        HAVING count(version.id) <> proposal.version OR max(version.number) <> proposal.version
            OR count(*) FILTER (WHERE version.number = proposal.version
                AND (version.seal, version.amount_minor)
                    IS NOT DISTINCT FROM (proposal.seal, proposal.amount_minor)) <> 1
        """,
    )
