"""The accounts models, split by noun."""

from accounts.models.users import User

__all__ = ["User"]
