"""What accounts stores: customers, payers, resources and their owners, partners, staff."""

from accounts.models.accounts import Account, BillingProfile, PayerAssignment
from accounts.models.partners import Partner, PartnerCredential, Scope
from accounts.models.resources import Resource, ResourceOwnership
from accounts.models.roles import FOUNDING, Role, RoleGrant
from accounts.models.users import User

__all__ = [
    "FOUNDING",
    "Account",
    "BillingProfile",
    "Partner",
    "PartnerCredential",
    "PayerAssignment",
    "Resource",
    "ResourceOwnership",
    "Role",
    "RoleGrant",
    "Scope",
    "User",
]
