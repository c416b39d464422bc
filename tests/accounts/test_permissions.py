"""Who of the staff may do what, cell by cell."""

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.operations.staff import UsernameTaken
from accounts.permissions import Permission, Role, permitted, roles_with
from core.actor import acting_as
from tests.cast import SETUP, person

# R read, M read masked, P propose, A approve others' proposals, X do; - nothing.
# Columns: support, senior support, finance approver, finance admin, auditor, operator.
MATRIX = """
    account, usage and invoice view          M R R R M C
    maintain accounts, profiles, payers      - X - X - -
    unmask personal data                     - X X X Q -
    amend and void events                    - P A P R -
    release or drop quarantine               - P A P R -
    goodwill credit                          P P A P R -
    larger credit, write-off, refund         - P A P R -
    price, plan and tax change               - - A P R -
    bill run                                 - - A P R -
    void invoice, credit note                - P A P R -
    licence override                         - P A P R -
    close of a month                         - - X X - -
    dispute case                             X X R R R -
    record payments and promises             - - X X R -
    rules of bills and numbers               - - R X R -
    rules of payments and dunning            - - R X R -
    credential revoke                        - X - - R X
    webhook replay                           - X - - R X
    approval policy, mandates                - - A P R -
    grant roles                              - - A - R P
    retry parked work                        - P - X R X
    configuration                            - - R R R X
"""

PERMISSIONS = {
    "account, usage and invoice view": {
        "M": "billing.read_masked", "R": "billing.read", "C": "counts.read",
    },
    "maintain accounts, profiles, payers": {"X": "accounts.maintain"},
    "unmask personal data": {"X": "personal_data.unmask", "Q": "personal_data.request"},
    "amend and void events": {
        "P": "usage_correction.propose", "A": "usage_correction.approve",
        "R": "usage_correction.read",
    },
    "release or drop quarantine": {
        "P": "quarantine_settlement.propose", "A": "quarantine_settlement.approve",
        "R": "quarantine.read",
    },
    "goodwill credit": {
        "P": "goodwill_credit.propose", "A": "goodwill_credit.approve",
        "R": "goodwill_credit.read",
    },
    "larger credit, write-off, refund": {
        "P": "credit.propose", "A": "credit.approve", "R": "credit.read",
    },
    "price, plan and tax change": {
        "P": "catalogue_change.propose", "A": "catalogue_change.approve",
        "R": "catalogue_change.read",
    },
    "bill run": {"P": "bill_run.propose", "A": "bill_run.approve", "R": "bill_run.read"},
    "void invoice, credit note": {
        "P": "invoice_void.propose", "A": "invoice_void.approve", "R": "invoice_void.read",
    },
    "licence override": {
        "P": "licence_override.propose", "A": "licence_override.approve",
        "R": "licence_override.read",
    },
    "close of a month": {"X": "close.sign"},
    "dispute case": {"X": "dispute.handle", "R": "dispute.read"},
    "record payments and promises": {
        "X": "payment.record", "R": "payment.read",
    },
    "rules of bills and numbers": {"X": "billing_rules.change", "R": "billing_rules.read"},
    "rules of payments and dunning": {"X": "payment_rules.change", "R": "payment_rules.read"},
    "credential revoke": {"X": "credential.revoke", "R": "credential.read"},
    "webhook replay": {"X": "webhook.replay", "R": "webhook.read"},
    "approval policy, mandates": {
        "P": "approval_policy.propose", "A": "approval_policy.approve",
        "R": "approval_policy.read",
    },
    "grant roles": {"P": "role_grant.propose", "A": "role_grant.approve", "R": "role_grant.read"},
    "retry parked work": {"P": "work_retry.propose", "X": "work_retry.do", "R": "work.read"},
    "configuration": {"X": "configuration.change", "R": "configuration.read"},
}  # fmt: skip


def cells() -> list[tuple[str, Role, str, bool]]:
    """Every role with every permission of every row, and whether the matrix grants it."""
    found = []
    for line in MATRIX.strip().splitlines():
        action, levels = line.strip()[:41].strip(), line.strip()[41:].split()
        for role, level in zip(Role, levels, strict=True):
            for granted_by, permission in PERMISSIONS[action].items():
                found.append((action, role, permission, level == granted_by))
    return found


@pytest.mark.parametrize(
    ("action", "role", "permission", "expected"),
    cells(),
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_the_matrix(db: None, action: str, role: Role, permission: str, expected: bool) -> None:
    assert permitted(person("somebody", role), Permission(permission)) is expected


def test_the_documentation_prints_the_same_matrix() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in Path("docs/permissions.md").read_text().splitlines()
        if line.startswith("|")
    ][2:]
    printed = {action: " ".join(levels).replace("–", "-") for action, *levels in rows}
    assert printed == {
        line.strip()[:41].strip(): " ".join(line.strip()[41:].split())
        for line in MATRIX.strip().splitlines()
    }


def test_the_matrix_knows_every_permission() -> None:
    assert {permission for _, _, permission, _ in cells()} == {each.value for each in Permission}


APPROVALS = [each for each in Permission if each.value.endswith(".approve")]


@pytest.mark.parametrize("approve", APPROVALS)
def test_no_role_proposes_and_approves_the_same_kind_of_change(approve: Permission) -> None:
    propose = Permission(approve.value.replace(".approve", ".propose"))
    assert roles_with(propose)
    assert not set(roles_with(propose)) & set(roles_with(approve))


def test_a_visitor_may_do_nothing(db: None) -> None:
    assert not any(permitted(AnonymousUser(), permission) for permission in Permission)


def test_a_person_who_left_may_do_nothing(ada: User) -> None:
    ada.is_active = False
    with acting_as(SETUP, reason="Left the company"):
        ada.save()
    assert not permitted(User.objects.get(pk=ada.pk), Permission.BILLING_READ)


def test_django_asks_the_same_table(sam: User) -> None:
    assert sam.has_perm("goodwill_credit.propose")
    assert not sam.has_perm("goodwill_credit.approve")
    assert not sam.has_perm("no.such_permission")


def test_a_user_name_is_one_person(sam: User) -> None:
    with pytest.raises(UsernameTaken):
        person("sam")
