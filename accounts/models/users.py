"""The people who work with Counterfoil: who signs in. What they may do is in permissions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager

from core.actor import Actor, acting_as
from core.db.fields import PublicIdField
from core.db.models import Tracked
from core.db.tracking import TrackedQuerySet


class UserManager(DjangoUserManager.from_queryset(TrackedQuerySet)["User"]):  # type: ignore[misc]
    """Django's user manager over the guarded queryset."""

    # A data migration has no actor, and keeps no history.
    use_in_migrations = False

    def create_superuser(self, *args: Any, **kwargs: Any) -> User:
        # Django's own command calls this before anybody can have signed in.
        with acting_as(Actor.system("createsuperuser"), reason="Created on the command line"):
            created: User = super().create_superuser(*args, **kwargs)
        return created


class User(Tracked, AbstractUser):
    """A member of staff. Roles are groups; see accounts.permissions."""

    bookkeeping_fields: ClassVar[frozenset[str]] = frozenset({"last_login", "password"})
    history_excludes: ClassVar[frozenset[str]] = frozenset({"last_login", "password"})
    history_of_many: ClassVar[list[str]] = ["groups"]

    public_id = PublicIdField(prefix="usr")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        abstract = False

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the backends, also for a superuser: being one carries no role's permission."""
        return self.is_active and any(
            backend.has_perm(self, perm, obj) for backend in get_backends()
        )

    @property
    def actor(self) -> Actor:
        """This person as history names them."""
        return Actor.person(self.public_id, str(self))
