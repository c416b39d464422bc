"""What must always be true of accounts, payers, profiles and owners.

The database refuses overlaps by itself; these look for what it cannot see, such as gaps.
"""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("A6", "The stored password of a person is the one last marked.")
def passwords_are_as_marked() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_user",
        violating="""
            SELECT person.public_id FROM accounts_user AS person
            LEFT JOIN LATERAL (
                SELECT digest FROM accounts_passwordmark AS mark
                WHERE mark.person_id = person.id ORDER BY mark.id DESC LIMIT 1
            ) AS newest ON true
            WHERE newest.digest
                  IS DISTINCT FROM encode(sha256(convert_to(person.password, 'UTF8')), 'hex')
        """,
    )


@invariant("A1", "Every second of an account since its opening has exactly one payer.")
def every_second_has_one_payer() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_account",
        violating="""
            SELECT account.public_id
            FROM accounts_account AS account
            LEFT JOIN accounts_payerassignment AS paid ON paid.account_id = account.id
            GROUP BY account.id
            HAVING coalesce(range_agg(tstzrange(paid.paid_from, paid.paid_until)), '{}')
                   <> tstzmultirange(tstzrange(account.opened_at, NULL))
        """,
    )


@invariant("A2", "Every second of an account since its opening has exactly one billing profile.")
def every_second_has_one_profile() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_account",
        violating="""
            SELECT account.public_id
            FROM accounts_account AS account
            LEFT JOIN accounts_billingprofile AS held ON held.account_id = account.id
            GROUP BY account.id
            HAVING coalesce(range_agg(tstzrange(held.valid_from, held.valid_until)), '{}')
                   <> tstzmultirange(tstzrange(account.opened_at, NULL))
        """,
    )


@invariant("A3", "A team stands below an enterprise, and nothing below a team.")
def the_tree_has_two_levels() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_account WHERE parent_id IS NOT NULL",
        violating="""
            SELECT account.public_id
            FROM accounts_account AS account
            JOIN accounts_account AS parent ON parent.id = account.parent_id
            WHERE account.kind <> 'team' OR parent.kind <> 'enterprise'
        """,
    )


@invariant("A4", "A resource has an owner without a gap from its first owner on.")
def ownership_has_no_gap() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_resource",
        violating="""
            SELECT resource.platform_id
            FROM accounts_resource AS resource
            LEFT JOIN accounts_resourceownership AS held ON held.resource_id = resource.id
            GROUP BY resource.id
            HAVING coalesce(range_agg(tstzrange(held.owned_from, held.owned_until)), '{}')
                   <> tstzmultirange(tstzrange(min(held.owned_from), NULL))
        """,
    )


@invariant("A5", "Payer and account of an assignment share their currency.")
def payers_share_the_currency() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM accounts_payerassignment",
        violating="""
            SELECT account.public_id
            FROM accounts_payerassignment AS paid
            JOIN accounts_account AS account ON account.id = paid.account_id
            JOIN accounts_account AS payer ON payer.id = paid.payer_id
            WHERE account.currency <> payer.currency
        """,
    )
