"""Staff users: who signs in. What they may do is in accounts.permissions."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A member of staff."""
