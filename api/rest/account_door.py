"""What addresses below one account share: who it is, and that a foreign one is no account."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request

from accounts.models import Account
from api.authentication import PartnerAuthentication
from api.rest.doors import RestDoor
from api.rest.resources import HasScope, accounts_of, principal_of
from core.errors import NotFound


class AccountDoor(RestDoor):
    """Something of one account that the partner may read."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    required_scope: ClassVar[str]

    def account(self, request: Request, public_id: str) -> Account:
        """The account of the address. Raises: NotFound."""
        found = accounts_of(principal_of(request)).filter(public_id=public_id).first()
        if found is None:
            raise NotFound("There is nothing here.")
        return found
