"""Who of the staff may do what: the roles and the permissions each carries.

Who holds a role is in RoleGrant. A permission is asked for with `permitted`. Nobody holds a role
that prepares and one that approves the same kind of change. docs/permissions.md prints the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.contrib.auth.models import AnonymousUser

from accounts.models import Role, User
from core.errors import Forbidden

__all__ = [
    "ROLE_PERMISSIONS",
    "OwnProposal",
    "Permission",
    "Role",
    "permitted",
    "roles_of",
    "roles_with",
    "separated",
]


class OwnProposal(Forbidden):
    """Nobody decides what they proposed."""

    code = "own_proposal"
    title = "Another person must decide what you proposed"


class Permission(StrEnum):
    """One thing a person may do; propose, approve and do are different permissions."""

    BILLING_READ_MASKED = "billing.read_masked"
    BILLING_READ = "billing.read"
    COUNTS_READ = "counts.read"
    ACCOUNTS_MAINTAIN = "accounts.maintain"
    PERSONAL_DATA_UNMASK = "personal_data.unmask"
    PERSONAL_DATA_REQUEST = "personal_data.request"
    USAGE_CORRECT_PROPOSE = "usage_correction.propose"
    USAGE_CORRECT_APPROVE = "usage_correction.approve"
    USAGE_CORRECT_READ = "usage_correction.read"
    QUARANTINE_SETTLE_PROPOSE = "quarantine_settlement.propose"
    QUARANTINE_SETTLE_APPROVE = "quarantine_settlement.approve"
    QUARANTINE_READ = "quarantine.read"
    GOODWILL_PROPOSE = "goodwill_credit.propose"
    GOODWILL_APPROVE = "goodwill_credit.approve"
    GOODWILL_READ = "goodwill_credit.read"
    CREDIT_PROPOSE = "credit.propose"
    CREDIT_APPROVE = "credit.approve"
    CREDIT_READ = "credit.read"
    CATALOGUE_PROPOSE = "catalogue_change.propose"
    CATALOGUE_APPROVE = "catalogue_change.approve"
    CATALOGUE_READ = "catalogue_change.read"
    RUN_PROPOSE = "bill_run.propose"
    RUN_APPROVE = "bill_run.approve"
    RUN_READ = "bill_run.read"
    VOID_PROPOSE = "invoice_void.propose"
    VOID_APPROVE = "invoice_void.approve"
    VOID_READ = "invoice_void.read"
    LICENCE_OVERRIDE_PROPOSE = "licence_override.propose"
    LICENCE_OVERRIDE_APPROVE = "licence_override.approve"
    LICENCE_OVERRIDE_READ = "licence_override.read"
    DISPUTE_HANDLE = "dispute.handle"
    DISPUTE_READ = "dispute.read"
    PAYMENT_RECORD = "payment.record"
    PAYMENT_READ = "payment.read"
    BILLING_RULES_CHANGE = "billing_rules.change"
    BILLING_RULES_READ = "billing_rules.read"
    PAYMENT_RULES_CHANGE = "payment_rules.change"
    PAYMENT_RULES_READ = "payment_rules.read"
    CREDENTIAL_REVOKE = "credential.revoke"
    CREDENTIAL_READ = "credential.read"
    WEBHOOK_REPLAY = "webhook.replay"
    WEBHOOK_READ = "webhook.read"
    CLOSE_SIGN = "close.sign"
    POLICY_PROPOSE = "approval_policy.propose"
    POLICY_APPROVE = "approval_policy.approve"
    POLICY_READ = "approval_policy.read"
    ROLE_PROPOSE = "role_grant.propose"
    ROLE_APPROVE = "role_grant.approve"
    ROLE_READ = "role_grant.read"
    WORK_RETRY_PROPOSE = "work_retry.propose"
    WORK_RETRY = "work_retry.do"
    WORK_READ = "work.read"
    CONFIGURE = "configuration.change"
    CONFIGURATION_READ = "configuration.read"


_P = Permission

_ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.SUPPORT: frozenset({_P.BILLING_READ_MASKED, _P.GOODWILL_PROPOSE, _P.DISPUTE_HANDLE}),
    Role.SENIOR_SUPPORT: frozenset(
        {
            _P.BILLING_READ,
            _P.ACCOUNTS_MAINTAIN,
            _P.PERSONAL_DATA_UNMASK,
            _P.USAGE_CORRECT_PROPOSE,
            _P.QUARANTINE_SETTLE_PROPOSE,
            _P.GOODWILL_PROPOSE,
            _P.CREDIT_PROPOSE,
            _P.VOID_PROPOSE,
            _P.LICENCE_OVERRIDE_PROPOSE,
            _P.DISPUTE_HANDLE,
            _P.CREDENTIAL_REVOKE,
            _P.WEBHOOK_REPLAY,
            _P.WORK_RETRY_PROPOSE,
        }
    ),
    Role.FINANCE_APPROVER: frozenset(
        {
            _P.BILLING_READ,
            _P.PERSONAL_DATA_UNMASK,
            _P.USAGE_CORRECT_APPROVE,
            _P.QUARANTINE_SETTLE_APPROVE,
            _P.GOODWILL_APPROVE,
            _P.CREDIT_APPROVE,
            _P.CATALOGUE_APPROVE,
            _P.RUN_APPROVE,
            _P.VOID_APPROVE,
            _P.LICENCE_OVERRIDE_APPROVE,
            _P.DISPUTE_READ,
            _P.PAYMENT_RECORD,
            _P.BILLING_RULES_READ,
            _P.PAYMENT_RULES_READ,
            _P.CLOSE_SIGN,
            _P.POLICY_APPROVE,
            _P.ROLE_APPROVE,
            _P.CONFIGURATION_READ,
        }
    ),
    Role.FINANCE_ADMIN: frozenset(
        {
            _P.BILLING_READ,
            _P.ACCOUNTS_MAINTAIN,
            _P.PERSONAL_DATA_UNMASK,
            _P.USAGE_CORRECT_PROPOSE,
            _P.QUARANTINE_SETTLE_PROPOSE,
            _P.GOODWILL_PROPOSE,
            _P.CREDIT_PROPOSE,
            _P.CATALOGUE_PROPOSE,
            _P.RUN_PROPOSE,
            _P.VOID_PROPOSE,
            _P.LICENCE_OVERRIDE_PROPOSE,
            _P.DISPUTE_READ,
            _P.PAYMENT_RECORD,
            _P.BILLING_RULES_CHANGE,
            _P.PAYMENT_RULES_CHANGE,
            _P.CLOSE_SIGN,
            _P.POLICY_PROPOSE,
            _P.WORK_RETRY,
            _P.CONFIGURATION_READ,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            _P.BILLING_READ_MASKED,
            _P.PERSONAL_DATA_REQUEST,
            _P.USAGE_CORRECT_READ,
            _P.QUARANTINE_READ,
            _P.GOODWILL_READ,
            _P.CREDIT_READ,
            _P.CATALOGUE_READ,
            _P.RUN_READ,
            _P.VOID_READ,
            _P.LICENCE_OVERRIDE_READ,
            _P.DISPUTE_READ,
            _P.PAYMENT_READ,
            _P.BILLING_RULES_READ,
            _P.PAYMENT_RULES_READ,
            _P.CREDENTIAL_READ,
            _P.WEBHOOK_READ,
            _P.POLICY_READ,
            _P.ROLE_READ,
            _P.WORK_READ,
            _P.CONFIGURATION_READ,
        }
    ),
    Role.OPERATOR: frozenset(
        {
            _P.COUNTS_READ,
            _P.CREDENTIAL_REVOKE,
            _P.WEBHOOK_REPLAY,
            _P.ROLE_PROPOSE,
            _P.WORK_RETRY,
            _P.CONFIGURE,
        }
    ),
}

ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(_ROLE_PERMISSIONS)


def roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """The roles an active person holds.

    Asks the database once for each User object, which lives as long as the request.
    """
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    known: frozenset[Role] | None = getattr(user, "_roles", None)
    if known is None:
        held = user.role_grants.filter(state="granted").values_list("role", flat=True)
        known = frozenset(map(Role, held))
        user._roles = known  # type: ignore[attr-defined]  # a per-object cache
    return known


def permitted(user: User | AnonymousUser, permission: Permission) -> bool:
    """Whether one of the person's roles carries the permission."""
    return any(permission in ROLE_PERMISSIONS[role] for role in roles_of(user))


def roles_with(permission: Permission) -> list[Role]:
    """The roles that carry a permission; what a refusal tells a person."""
    return [role for role in Role if permission in ROLE_PERMISSIONS[role]]


def separated(one: Role, other: Role) -> bool:
    """Whether no person may hold both: one prepares a kind of change that the other approves."""
    return _prepares_for(one, other) or _prepares_for(other, one)


def _prepares_for(one: Role, other: Role) -> bool:
    approved = {
        each.value.removesuffix(".approve")
        for each in ROLE_PERMISSIONS[other]
        if each.value.endswith(".approve")
    }
    return any(
        each.value.removesuffix(".propose") in approved
        for each in ROLE_PERMISSIONS[one]
        if each.value.endswith(".propose")
    )
