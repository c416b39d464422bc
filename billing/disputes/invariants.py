"""What must always hold of disputes."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("C1", "A decided line holds nothing back.")
def decided_lines_hold_nothing() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_disputeline",
        violating="""
        SELECT line.public_id FROM disputes_disputeline AS line
        JOIN receivables_holdentry AS entry ON entry.hold_id = line.hold_id
        WHERE line.state IN ('granted', 'partly_granted', 'denied', 'withdrawn')
        GROUP BY line.id HAVING sum(entry.amount_minor) <> 0
        """,
    )


@invariant("C2", "A granted line names a document that is there, and no more than it gives.")
def grants_are_documents() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_disputeline WHERE approved_minor IS NOT NULL",
        violating="""
        SELECT line.public_id FROM disputes_disputeline AS line
        LEFT JOIN invoicing_creditnote AS note ON note.public_id = line.settled_by
        LEFT JOIN invoicing_adjustment AS given ON given.public_id = line.settled_by
        LEFT JOIN invoicing_invoicevoid AS void ON void.public_id = line.settled_by
        LEFT JOIN invoicing_invoice AS anew ON anew.public_id = line.settled_by
        LEFT JOIN invoicing_lateusagedecision AS waived ON waived.public_id = line.settled_by
        WHERE line.approved_minor IS NOT NULL
          AND (coalesce(note.id, given.id, void.id, anew.id, waived.id) IS NULL
               OR line.approved_minor > note.subtotal_minor
               OR line.approved_minor > -given.amount_minor)
        """,
    )


@invariant("C3", "A line that is proposed rests on a proposal that is there.")
def proposed_lines_have_proposals() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_disputeline WHERE state = 'proposed'",
        violating="""
        SELECT line.public_id FROM disputes_disputeline AS line
        LEFT JOIN approvals_proposal AS proposal ON proposal.public_id = line.proposal
        WHERE line.state = 'proposed'
          AND (proposal.id IS NULL OR proposal.state IN ('rejected', 'withdrawn', 'superseded')
               OR proposal.outcome = 'executed')
        """,
    )


@invariant("C4", "No two live lines contest the same charge, also across a reissue.")
def one_live_line_a_charge() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_disputeline",
        violating="""
        SELECT min(line.public_id) FROM disputes_disputeline AS line
        JOIN invoicing_invoiceline AS charged ON charged.id = line.invoice_line_id
        JOIN invoicing_invoice AS invoice ON invoice.id = charged.invoice_id
        WHERE line.state IN ('new', 'investigating', 'waiting_for_customer', 'proposed')
          AND invoice.kind = 'period' AND line.days_from IS NULL
        GROUP BY invoice.account_id, invoice.period_from, charged.key HAVING count(*) > 1
        """,
    )


@invariant("C5", "A credited line of a batch names a credit note that is there, and gives as much.")
def batch_credits_are_documents() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_creditbatchrow WHERE settled_by <> ''",
        violating="""
        SELECT credited.settled_by FROM disputes_creditbatchrow AS credited
        LEFT JOIN invoicing_creditnote AS note ON note.public_id = credited.settled_by
        WHERE credited.settled_by <> ''
        GROUP BY credited.settled_by, note.id, note.subtotal_minor
        HAVING note.id IS NULL OR sum(credited.credit_minor) > note.subtotal_minor
        """,
    )


@invariant("C6", "In a closed incident every credit has a fate.")
def closed_incidents_owe_nothing() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM disputes_incident WHERE closed_at IS NOT NULL",
        violating="""
        SELECT incident.public_id FROM disputes_incident AS incident
        JOIN disputes_creditbatch AS batch ON batch.incident_id = incident.id
        JOIN disputes_creditbatchrow AS given ON given.batch_id = batch.id
        WHERE incident.closed_at IS NOT NULL AND given.left_out_because = ''
          AND (given.state <> 'done' OR given.credit_minor > 0 AND given.settled_by = '')
        GROUP BY incident.id
        """,
    )
