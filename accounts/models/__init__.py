"""What accounts stores: customers, payers, resources and their owners, partners, staff."""

from accounts.models.accounts import Account, BillingProfile, PayerAssignment
from accounts.models.desks import CustomerLook, PutOff, SavedView, SavedViewEnd
from accounts.models.disclosures import Disclosure
from accounts.models.partners import CredentialScope, Partner, PartnerCredential
from accounts.models.personal_tokens import PersonalToken, PersonalTokenEnd
from accounts.models.resources import Resource, ResourceOwnership
from accounts.models.roles import FOUNDING, Role, RoleGrant
from accounts.models.users import PasswordMark, User

__all__ = [
    "FOUNDING",
    "Account",
    "BillingProfile",
    "CredentialScope",
    "CustomerLook",
    "Disclosure",
    "Partner",
    "PartnerCredential",
    "PasswordMark",
    "PayerAssignment",
    "PersonalToken",
    "PersonalTokenEnd",
    "PutOff",
    "Resource",
    "ResourceOwnership",
    "Role",
    "RoleGrant",
    "SavedView",
    "SavedViewEnd",
    "User",
]
