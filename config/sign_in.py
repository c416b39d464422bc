"""How staff sign in: with an account that an administrator made. Nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """allauth's decisions, with the door for strangers closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
