"""allauth's decisions about signing in, and what of it is an operation of ours.

An account comes from an invitation; nobody signs up. A password or a second factor is changed by
its person alone, with the history and the end of sessions that accounts.operations.sign_in keeps.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.operations.sign_in import change_second_factor, choose_password
from core.addresses import client_address
from core.sealing import SealedUse

_FACTORS: Final = SealedUse("counterfoil second factors")
_log = structlog.get_logger(__name__)


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """allauth's decisions, with the door for strangers closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request.META, trusted_hops=settings.TRUSTED_PROXY_HOPS)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # By person and address: nobody locks a colleague out by failing in their name elsewhere.
        name = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{name} {self.get_client_ip(request)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        # A mail server that is down is no reason for an error page, and the answer must not tell
        # whether anybody has that address. Whoever waits in vain asks again, or an operator.
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            # smtplib's errors are OSErrors too. The address stays out of the log.
            _log.exception("letter_not_sent", letter=template_prefix)

    def set_password(self, user: User, password: str) -> None:
        # allauth asks only for whoever gave the old password or followed the link.
        choose_password(person=user, password=password, by=user.actor)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth carries no types
    """What lets somebody in beside a password lies encrypted: a copy of the tables is no key."""

    def encrypt(self, text: str) -> str:
        return _FACTORS.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return _FACTORS.opened(encrypted_text)


@receiver(authenticator_added, dispatch_uid="accounts.second_factor_added")
def _added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(request, user, f"Added a second factor: {authenticator.get_type_display()}")


@receiver(authenticator_removed, dispatch_uid="accounts.second_factor_removed")
def _removed(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(request, user, f"Removed a second factor: {authenticator.get_type_display()}")


@receiver(authenticator_reset, dispatch_uid="accounts.second_factor_reset")
def _reset(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(request, user, f"Renewed a second factor: {authenticator.get_type_display()}")


def _changed(request: HttpRequest, user: User, what: str) -> None:
    change_second_factor(person=user, what=what, by=user.actor)
    # Every session ends but the one in which the person did it.
    update_session_auth_hash(request, user)
