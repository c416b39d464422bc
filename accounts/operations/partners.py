"""Enrol partners and issue, rotate and revoke their credentials.

A secret is made here, handed back once and kept only as a hash by the OAuth application.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import Application

from accounts.models import Account, CredentialScope, Partner, PartnerCredential
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish

ROTATION_OVERLAP = timedelta(hours=24)


class PartnerNameTaken(Conflict):
    """Another partner has this name."""

    code = "partner_name_taken"
    title = "A partner has this name"


class ScopeUnknown(Invalid):
    """There is no such scope, or none was asked for."""

    code = "scope_unknown"
    title = "Not a scope"


class CredentialDead(Conflict):
    """The credential is revoked or expired."""

    code = "credential_dead"
    title = "The credential is revoked or expired"


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """What a partner may report and read; the texts are exact, there are no wildcards."""

    name: str
    kind: str
    sources: Sequence[str] = ()
    event_types: Sequence[str] = ()
    reads_every_account: bool = False
    reports_every_resource: bool = False


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """A new credential with its secret, which nobody will see again."""

    credential: PartnerCredential
    client_id: str
    client_secret: str


def enrol(
    *,
    terms: PartnerTerms,
    at: datetime,
    by: Actor,
    reason: str,
    readable_accounts: Iterable[Account] = (),
    reportable_accounts: Iterable[Account] = (),
) -> Partner:
    """Add a partner. Raises: PartnerNameTaken."""
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"accounts_partner_name_key": PartnerNameTaken}),
    ):
        partner = Partner(name=terms.name, kind=terms.kind)
        _apply(partner, terms)
        readable = list(readable_accounts)
        if readable:
            partner.readable_accounts.set(readable)
        reportable = list(reportable_accounts)
        if reportable:
            partner.reportable_accounts.set(reportable)
        publish("partner.enrolled", partner.public_id, {"name": partner.name}, at=at)
    return partner


def revise(
    *,
    partner: Partner,
    terms: PartnerTerms,
    at: datetime,
    by: Actor,
    reason: str,
    readable_accounts: Iterable[Account] | None = None,
    reportable_accounts: Iterable[Account] | None = None,
) -> Partner:
    """Change what a partner may report and read; accounts that are not given stay as they are.

    Takes effect on every server within the few seconds credentials are cached.
    Raises: PartnerNameTaken.
    """
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"accounts_partner_name_key": PartnerNameTaken}),
    ):
        locked = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
        _apply(locked, terms)
        if readable_accounts is not None:
            locked.readable_accounts.set(readable_accounts)
        if reportable_accounts is not None:
            locked.reportable_accounts.set(reportable_accounts)
        publish("partner.revised", locked.public_id, {"name": locked.name}, at=at)
    return locked


def issue_credential(
    *,
    partner: Partner,
    label: str,
    scopes: Sequence[str],
    at: datetime,
    by: Actor,
    reason: str,
    expires_at: datetime | None = None,
) -> IssuedCredential:
    """Make a client id and secret good for these scopes. Raises: ScopeUnknown."""
    unknown = sorted(set(scopes) - set(CredentialScope.values))
    if unknown or not scopes:
        raise ScopeUnknown(
            f"Not a scope: {', '.join(unknown)}." if unknown else "Name at least one scope.",
            field="scopes",
        )
    secret = generate_client_secret()
    with acting_as(by, reason=reason), transaction():
        application = Application.objects.create(
            name=f"{partner.name}: {label}",
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            client_secret=secret,
        )
        credential = PartnerCredential.objects.create(
            partner=partner,
            application=application,
            label=label,
            scopes=sorted(set(scopes)),
            issued_at=at,
            expires_at=expires_at,
        )
        publish(
            "credential.issued",
            credential.public_id,
            {"partner": partner.public_id, "scopes": credential.scopes},
            at=at,
        )
    return IssuedCredential(credential, application.client_id, secret)


def rotate_credential(
    *, credential: PartnerCredential, at: datetime, by: Actor, reason: str
) -> IssuedCredential:
    """Issue a successor with the same scopes; the old secret works for another 24 hours.

    Raises: CredentialDead.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock(credential)
        if not locked.is_live(at):
            raise CredentialDead(f"{locked} cannot be rotated; issue a new one.")
        successor = issue_credential(
            partner=locked.partner,
            label=locked.label,
            scopes=locked.scopes,
            at=at,
            by=by,
            reason=reason,
        )
        ends_at = at + ROTATION_OVERLAP
        if locked.expires_at is None or locked.expires_at > ends_at:
            locked.expires_at = ends_at
            locked.save(update_fields=["expires_at"])
    return successor


def revoke_credential(
    *, credential: PartnerCredential, at: datetime, by: Actor, reason: str
) -> PartnerCredential:
    """End a credential; its tokens stop working on every server within 5 seconds.

    Raises: CredentialDead.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock(credential)
        if locked.revoked_at is not None:
            raise CredentialDead(f"{locked} was revoked on {locked.revoked_at:%Y-%m-%d %H:%M}.")
        locked.revoked_at = at
        locked.save(update_fields=["revoked_at"])
        publish("credential.revoked", locked.public_id, {}, at=at)
    return locked


def _lock(credential: PartnerCredential) -> PartnerCredential:
    return PartnerCredential.objects.select_for_update(of=("self",)).get(pk=credential.pk)


def _apply(partner: Partner, terms: PartnerTerms) -> None:
    partner.name = terms.name
    partner.kind = terms.kind
    partner.sources = sorted(set(terms.sources))
    partner.event_types = sorted(set(terms.event_types))
    partner.reads_every_account = terms.reads_every_account
    partner.reports_every_resource = terms.reports_every_resource
    partner.save()
