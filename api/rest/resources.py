"""What REST resources share: who may read or write, which parameters, which page.

A resource is a DRF viewset that starts from a queryset of what the partner may read, so a foreign
id and an unknown id are the same 404.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.queries.access import readable_accounts
from api.authentication import PartnerAuthentication, require_scope
from api.narrowing import ByNounFilters
from api.pagination import KeysetPagination
from api.rest.doors import RestDoor
from api.tokens import AccountReader, PartnerPrincipal
from core.errors import Forbidden, NotFound
from core.filtering import NounFilters, check_parameters
from core.ids import BODY_LENGTH


class HasScope(BasePermission):
    """The token is good for the scope the view names."""

    def has_permission(self, request: Request, view: Any) -> bool:
        require_scope(principal_of(request), view.required_scope)
        return True


def principal_of(request: Request) -> PartnerPrincipal:
    """The partner that PartnerAuthentication found."""
    return cast(PartnerPrincipal, request.user)


def accounts_of(principal: AccountReader) -> QuerySet[Account]:
    """The accounts the partner may read; every resource starts from them."""
    return readable_accounts(
        partner_id=principal.partner_id, reads_every_account=principal.reads_every_account
    )


class ReadOnlyResource(
    RestDoor, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]
):
    """List and one. A subclass says the scope, the orders and the queryset a partner may read."""

    authentication_classes = (PartnerAuthentication,)
    permission_classes = (HasScope,)
    pagination_class = KeysetPagination
    filter_backends = (ByNounFilters,)
    lookup_field = "public_id"
    # What cannot be a public id is not looked up.
    lookup_value_regex = f"[a-z]{{3}}_[0-9a-z]{{{BODY_LENGTH}}}"

    required_scope: ClassVar[str]
    orders: ClassVar[dict[str, str]]
    """What `order` may say, and the column it means; the first is the default."""
    filters: ClassVar[type[NounFilters] | None] = None
    """What the list can be narrowed by."""

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Model]:
        """What this partner may read, and nothing else."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a request
            return cast(QuerySet[Any], self.serializer_class.Meta.model.objects.none())  # type: ignore[union-attr]
        return self.readable(principal_of(self.request))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self.filters is None:
            refuse_unknown(request, KeysetPagination.parameters)
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown(request, ())
        return super().retrieve(request, *args, **kwargs)


class WritableResource(ReadOnlyResource):
    """A resource whose calls change what it lists; reading and writing are two scopes."""

    writing_scope: ClassVar[str]

    def check_permissions(self, request: Request) -> None:
        """Raises: ScopeMissing."""
        is_reading = request.method in ("GET", "HEAD", "OPTIONS")
        scope = self.required_scope if is_reading else self.writing_scope
        require_scope(principal_of(request), scope)

    def said_in(
        self, request: Request, body: serializers.Serializer[Any]
    ) -> tuple[PartnerPrincipal, dict[str, Any]]:
        """Who writes, and what. Raises: UnknownParameter, and what the body refuses."""
        refuse_unknown(request, ())
        body.is_valid(raise_exception=True)
        return principal_of(request), dict(body.validated_data)

    def named(self, principal: PartnerPrincipal, public_id: str) -> Any:
        """What the address names. Raises: NotFound."""
        found = self.readable(principal).filter(public_id=public_id).first()
        if found is None:
            raise NotFound("There is nothing here.")
        return found

    def answer(self, row: Model, *, status: int = 200) -> Response:
        """The row as it is read by now."""
        again = self.readable(principal_of(self.request)).get(pk=row.pk)
        return Response(self.get_serializer(again).data, status=status)


def account_named(
    principal: PartnerPrincipal, public_id: str, *, field: str = "account"
) -> Account:
    """The account a body names. Raises: NotFound."""
    found = accounts_of(principal).filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such account.", field=field)
    return found


def require_platform(principal: PartnerPrincipal) -> None:
    """Accounts and resources are kept by a team of the platform. Raises: Forbidden."""
    if not principal.reads_every_account:
        raise Forbidden("Only a team of the platform that reads every account keeps them in step.")


def refuse_unknown(request: Request, allowed: Collection[str]) -> None:
    """Raises: UnknownParameter, ParameterTwice, naming each and what is allowed."""
    check_parameters(request.query_params, allowed)
