"""The records of accounts under /admin; every change goes through the operation for it."""

from accounts.admin import accounts, partners, resources, users

__all__ = ["accounts", "partners", "resources", "users"]
