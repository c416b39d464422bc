"""The machines' views that belong to no resource."""

from typing import Final, NoReturn

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from billing.invoicing.queries.proofs import published_keys
from core.errors import NotFound

KEYS_SECONDS: Final = 3_600
"""How long a reader may keep the keys; a new key must be published that long before it signs."""


@require_safe
@cache_control(public=True, max_age=KEYS_SECONDS)
def proof_keys(request: HttpRequest) -> JsonResponse:
    """The public keys proofs are signed with, for anybody who checks one."""
    return JsonResponse(published_keys())


@csrf_exempt
def nothing_here(request: HttpRequest) -> NoReturn:
    """Every address under /api that is none."""
    raise NotFound("There is nothing here.")
