"""Lets Django ask for our permissions by name: user.has_perm("billing.read").

So the admin's base classes, which know no accounts, can ask; the answer is `permitted`'s.
"""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from accounts.models import User
from accounts.permissions import Permission, permitted

_NAMES = frozenset(permission.value for permission in Permission)


class RoleBackend(BaseBackend):
    """Answers for permissions of accounts.permissions, and for nothing else."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        return perm in _NAMES and permitted(user_obj, Permission(perm))
