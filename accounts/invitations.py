"""The letter with the link behind which a person chooses a password.

The link is allauth's: it is good for one use and for PASSWORD_RESET_TIMEOUT, and dies with the
next change of the password or the address.
"""

from __future__ import annotations

from urllib.parse import quote

import structlog
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from core.errors import DomainError


class LetterNotSent(DomainError):
    """The mail server did not take a letter."""

    code = "letter_not_sent"
    title = "The letter could not be sent"
    status = 503
    retryable = True


_log = structlog.get_logger(__name__)


def link_of(person: User) -> str:
    """A fresh link behind which the person chooses a password; whoever has it can."""
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    path: str = settings.PASSWORD_LINK_PATH.format(key=quote(key))
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def send_link(person: User) -> None:
    """Send the person a fresh link. Raises: LetterNotSent."""
    context = {
        "user": person,
        "link": link_of(person),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    try:
        send_mail(
            subject="Choose your password for Counterfoil",
            message=render_to_string("account/email/invitation.txt", context),
            from_email=None,
            recipient_list=[person.email],
        )
    except OSError as problem:
        # smtplib's errors are OSErrors too.
        raise LetterNotSent("The mail server did not take the letter; try again.") from problem


def send_link_after_commit(person: User) -> None:
    """The same once the person is stored; a mail server that is down must not undo that.

    A letter that was not sent can be sent again from the person's page.
    """
    transaction.on_commit(lambda: _send_or_log(person))


def _send_or_log(person: User) -> None:
    try:
        send_link(person)
    except LetterNotSent:
        _log.exception("invitation_not_sent", person=person.public_id)
