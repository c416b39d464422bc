"""Who Django may ask about people: allauth for who signs in, our table for who may do what."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from accounts.models import User
from accounts.permissions import Permission, permitted

_NAMES = frozenset(permission.value for permission in Permission)


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth carries no types
    """allauth's way in, which answers for no permission: Django's own tables of them are empty."""

    def get_all_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        return set()

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        return False


class RoleBackend(BaseBackend):
    """Answers for permissions of accounts.permissions, and for nothing else.

    So the admin's base classes, which know no accounts, can ask user.has_perm("billing.read").
    """

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        return perm in _NAMES and permitted(user_obj, Permission(perm))
