"""The staff of the demo, one per role, and the partner the platform's events come from.

The password is for the demo alone: it is printed, and its server answers on this machine only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Partner, Scope, User
from accounts.operations import partners, staff
from accounts.operations.partners import IssuedCredential, PartnerTerms
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


def enrol_staff() -> dict[Role, User]:
    """Everybody of SIGN_INS, with the demo's password."""
    return {
        each.role: staff.enrol(
            username=each.username,
            full_name=each.full_name,
            email=f"{each.username}@counterfoil.example",
            password=DEMO_PASSWORD,
            roles=[each.role],
            by=Actor.system("demo"),
            reason=_REASON,
        )
        for each in SIGN_INS
    }


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
        ),
        at=at,
        by=by,
        reason=_REASON,
    )
    credential = partners.issue_credential(
        partner=platform, label="demo", scopes=Scope.values, at=at, by=by, reason=_REASON
    )
    return platform, credential
