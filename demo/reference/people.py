"""The staff of the demo, one per role, and the partner the platform's events come from.

The password is for the demo alone: it is printed, and its server answers on this machine only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import CredentialScope, Partner, RoleGrant, User
from accounts.operations import partners, roles, staff
from accounts.operations.partners import IssuedCredential, PartnerTerms
from accounts.operations.sign_in import choose_password
from accounts.operations.staff import PersonTerms
from accounts.permissions import Role
from core.actor import Actor
from demo.platform import attachments, formations, traffic

DEMO_PASSWORD = "counterfoil-demo"  # noqa: S105  printed on purpose
_REASON = "Setting up the demo"

SOURCES = (
    formations.SOURCE,
    attachments.SOURCE,
    attachments.STORAGE_SOURCE,
    traffic.ROUTER_SOURCE,
    traffic.BUILD_SOURCE,
    traffic.PIPELINE_SOURCE,
)
# The last one is reported although no meter reads it yet: such events wait in quarantine.
EVENT_TYPES = (
    "formation.scaled", "addon.changed", "postgres.storage", "router.requests",
    "bandwidth.egress", "build.finished", "pipeline.user_active", "dyno.hibernated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignIn:
    """A member of staff as the demo prints it."""

    username: str
    full_name: str
    role: Role


SIGN_INS: Sequence[SignIn] = (
    SignIn("sam", "Sam Okoro", Role.SUPPORT),
    SignIn("sena", "Sena Lindahl", Role.SENIOR_SUPPORT),
    SignIn("farid", "Farid Amiri", Role.FINANCE_APPROVER),
    SignIn("ada", "Ada Brandt", Role.FINANCE_ADMIN),
    SignIn("aude", "Aude Moreau", Role.AUDITOR),
    SignIn("otis", "Otis Kwan", Role.OPERATOR),
)


def enrol_staff(*, at: datetime) -> dict[Role, User]:
    """Everybody of SIGN_INS, as a real installation makes them, with the demo's password.

    The first operator and the first approver are founded; they propose and approve the others.
    Each chooses the demo's password, as if they had followed the link they were sent.
    """
    by = Actor.system("demo")
    invited = {each.role: (each.username, _terms(each)) for each in SIGN_INS}
    people = staff.found(
        operator=invited.pop(Role.OPERATOR),
        approver=invited.pop(Role.FINANCE_APPROVER),
        at=at,
        by=by,
        reason=_REASON,
    )
    proposer, approver = people[Role.OPERATOR], people[Role.FINANCE_APPROVER]
    for role, (username, terms) in invited.items():
        people[role] = staff.invite(username=username, terms=terms, by=by, reason=_REASON)
        grant = roles.propose(person=people[role], role=role, by=proposer, at=at, reason=_REASON)
        roles.approve(grant=grant, by=approver, at=at, reason=_REASON)
    for person in people.values():
        choose_password(person=person, password=DEMO_PASSWORD, by=person.actor)
    return people


def _terms(each: SignIn) -> PersonTerms:
    first, _, last = each.full_name.partition(" ")
    return PersonTerms(first, last, f"{each.username}@counterfoil.example")


def holder_of(role: Role) -> User:
    """The person who has held a role for longest."""
    grants = RoleGrant.objects.filter(role=role, state=RoleGrant.State.GRANTED)
    return grants.select_related("person").order_by("pk")[0].person


def actor_of(person: User) -> Actor:
    return Actor.person(person.public_id, person.get_full_name())


def enrol_platform(*, at: datetime, by: Actor) -> tuple[Partner, IssuedCredential]:
    """The platform as a partner, allowed to report everything it plays, and its credential."""
    platform = partners.enrol(
        terms=PartnerTerms(
            name="The platform",
            kind=Partner.Kind.INTERNAL,
            sources=SOURCES,
            event_types=EVENT_TYPES,
            reads_every_account=True,
            reports_every_resource=True,
        ),
        at=at,
        by=by,
        reason=_REASON,
    )
    credential = partners.issue_credential(
        partner=platform, label="demo", scopes=CredentialScope.values, at=at, by=by, reason=_REASON
    )
    return platform, credential
