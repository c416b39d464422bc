"""The records of accounts under /admin; every change goes through the operation for it."""

from accounts.admin import accounts, disclosures, partners, personal_tokens, resources, users

__all__ = ["accounts", "disclosures", "partners", "personal_tokens", "resources", "users"]
