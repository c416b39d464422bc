"""The people who work with Counterfoil: who signs in. What they may do is in permissions."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

import pgtrigger
from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from core.actor import Actor
from core.db.fields import PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly, Tracked
from core.db.tracking import TrackedQuerySet
from core.errors import Forbidden


class NoSuperuser(Forbidden):
    """There is no almighty person."""

    code = "no_superuser"
    title = "Nobody is superuser; the first two people are made by manage.py found_staff"


class UserManager(DjangoUserManager.from_queryset(TrackedQuerySet)["User"]):  # type: ignore[misc]
    """Django's user manager over the guarded queryset."""

    # A data migration has no actor, and keeps no history.
    use_in_migrations = False

    def create_superuser(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NoSuperuser


_MARKED = """
    IF TG_OP = 'UPDATE' THEN
        IF NEW.password = OLD.password THEN
            RETURN NULL;
        END IF;
        -- Only a hash that is stored in a better way is the same password.
        IF NEW.sign_in_version <= OLD.sign_in_version
           AND split_part(NEW.password, '$', 1) = split_part(OLD.password, '$', 1)
           AND (split_part(NEW.password, '$', 1) NOT LIKE 'pbkdf2%%'
                OR split_part(NEW.password, '$', 2) = split_part(OLD.password, '$', 2)) THEN
            RAISE EXCEPTION 'a password that changes ends the sessions of the person'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'password_ends_sessions';
        END IF;
    END IF;
    INSERT INTO accounts_passwordmark (person_id, digest, marked_at) VALUES (
        NEW.id, encode(sha256(convert_to(NEW.password, 'UTF8')), 'hex'), clock_timestamp());
    RETURN NULL;
"""


class User(Tracked, AbstractUser):
    """A member of staff. Roles are rows of RoleGrant; Django's groups grant nothing."""

    bookkeeping_fields: ClassVar[frozenset[str]] = frozenset({"last_login", "password"})
    history_excludes: ClassVar[frozenset[str]] = frozenset({"last_login", "password"})

    groups = None  # type: ignore[assignment]  # how Django leaves an inherited field out
    user_permissions = None  # type: ignore[assignment]

    public_id = PublicIdField(prefix="usr")
    sign_in_version = models.PositiveIntegerField(
        "sign-in changes",
        default=0,
        editable=False,
        help_text="How often the password or a second factor changed; each ends every session.",
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_no_superuser"),
            # A link to choose a password goes to one mailbox, which is one person's.
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="user_email_is_one_persons"
            ),
        ]
        triggers = [
            Always(
                name="password_is_marked",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_MARKED,
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the backends, whatever is said about a superuser."""
        return self.is_active and any(
            backend.has_perm(self, perm, obj) for backend in get_backends()
        )

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        # Django's own covers the password alone; a second factor that changes ends sessions too.
        return salted_hmac(
            "accounts.models.users.User.session",
            f"{self.password}:{self.sign_in_version}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    @property
    def actor(self) -> Actor:
        """This person as history names them."""
        return Actor.person(self.public_id, str(self))


class PasswordMark(AppendOnly):
    """That a person's password became another, by the hash of what is stored; the database says it.

    A password itself is in no history. Where it is not the one last marked, somebody put it there
    past every guard.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="password_marks")
    digest = models.CharField(max_length=64)
    marked_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "mark of a password"
        verbose_name_plural = "marks of passwords"

    def __str__(self) -> str:
        return f"{self.person} {self.marked_at:%Y-%m-%d %H:%M}"
