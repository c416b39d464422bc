"""The records of accounts under /admin; every change goes through the operation for it."""

from accounts.admin import accounts, desks, disclosures, partners, personal_tokens, resources, users

__all__ = ["accounts", "desks", "disclosures", "partners", "personal_tokens", "resources", "users"]
