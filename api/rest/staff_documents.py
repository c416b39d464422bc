"""What addresses share whose document the staff reads, and puts another in the place of.

A person's own program writes with their personal token and roles. A document is answered with an
ETag, and put with `If-Match`: what was changed meanwhile is refused with what is different, so a
call that is sent again changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission, permitted
from api.rest.doors import RestDoor
from api.rest.resources import refuse_unknown
from api.rest.v1.payment_bodies import StrictBody
from api.staff import RoleMissing, StaffAuthentication, person_of
from core.actor import Actor
from core.errors import Invalid

_TEXT: Final = {"type": "string"}


class IfMatchMissing(Invalid):
    """The call does not say which version of the document it was made from."""

    code = "if_match_missing"
    title = "If-Match is missing"


class HoldsPermission(BasePermission):
    """The person's roles carry one of what the view names for reading, or for writing."""

    def has_permission(self, request: Request, view: Any) -> bool:
        asked = view.reads if request.method in SAFE_METHODS else (view.writes,)
        if not any(permitted(person_of(request), each) for each in asked):
            raise RoleMissing("In the console, too, your roles do not carry this.")
        return True


class StaffDocument(RestDoor):
    """A document of the staff. A subclass says who reads and who writes it."""

    authentication_classes = (StaffAuthentication,)
    permission_classes = (HoldsPermission,)

    reads: ClassVar[tuple[Permission, ...]]
    writes: ClassVar[Permission]

    def said_in(self, request: Request, body: StrictBody) -> tuple[Actor, dict[str, Any]]:
        """Who writes, and what. Raises: UnknownParameter, and what the body refuses."""
        refuse_unknown(request, ())
        body.is_valid(raise_exception=True)
        return person_of(request).actor, dict(body.validated_data)


def stamped(document: Mapping[str, Any], stamp: str, *, status: int = 200) -> Response:
    """The document, with the stamp that a change of it names."""
    answer = Response(document, status=status)
    answer["ETag"] = f'"{stamp}"'
    return answer


def seen_of(request: Request) -> str:
    """The stamp the change was made from. Raises: IfMatchMissing."""
    value = request.headers.get("If-Match", "").strip()
    if len(value) < 3 or not (value.startswith('"') and value.endswith('"')):
        raise IfMatchMissing("Send the ETag of what you read, as it came, in If-Match.")
    return value[1:-1]


def shape_of(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object of these properties, for the schema."""
    return {"type": "object", "properties": dict(properties)}


TEXT: Final[Mapping[str, Any]] = _TEXT
TEXT_OR_NULL: Final[Mapping[str, Any]] = {"type": ["string", "null"]}
INSTANT_OR_NULL: Final[Mapping[str, Any]] = {"type": ["string", "null"], "format": "date-time"}
WHOLE_OR_NULL: Final[Mapping[str, Any]] = {"type": ["integer", "null"]}
