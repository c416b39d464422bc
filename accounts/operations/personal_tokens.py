"""Issue and end the tokens with which programs act as one person.

Only the person issues their own, so nobody holds somebody else's. What it may do is what the
person's roles carry at that moment, and no decision about what that person put forward.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.models import PersonalToken, PersonalTokenEnd, User
from core.actor import is_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from core.text_in import is_odd

PREFIX: Final = "cfp_"
LASTS: Final = timedelta(days=30)


class LabelMissing(Invalid):
    """A token says what it is for."""

    code = "label_missing"
    title = "Say what the token is for"


class TokenEnded(Conflict):
    """The token was ended already."""

    code = "token_ended"
    title = "The token was ended already"


class NotYourToken(Forbidden):
    """Tokens are ended by whose they are."""

    code = "token_not_yours"
    title = "The token is somebody else's"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and its secret, which is shown once and kept nowhere."""

    token: PersonalToken
    secret: str


def issue(*, person: User, label: str, at: datetime) -> IssuedToken:
    """Make a token of the person who asks for it; it lasts 30 days. Raises: LabelMissing."""
    if not is_said(label) or is_odd(label) or len(label) > 100:
        raise LabelMissing("Say what it is for, in up to 100 characters.", field="label")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = PersonalToken.objects.create(
        person=person,
        label=label.strip(),
        secret_sha256=digest_of(secret),
        issued_at=at,
        expires_at=at + LASTS,
    )
    return IssuedToken(token, secret)


def end(*, token: PersonalToken, by: User, at: datetime) -> PersonalTokenEnd:
    """End one's own token at once. Raises: NotYourToken, TokenEnded."""
    if token.person_id != by.pk:
        raise NotYourToken("Only the person whose token it is ends it.")
    errors = {"accounts_personaltokenend_token_id_key": TokenEnded}
    with transaction(), constraint_errors(errors):
        return PersonalTokenEnd.objects.create(token=token, ended_at=at, ended_by=by)


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256; the secret is 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
