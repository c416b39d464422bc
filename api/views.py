"""The machines' views that belong to no resource."""

from typing import NoReturn

from django.http import HttpRequest
from django.views.decorators.csrf import csrf_exempt

from core.errors import NotFound


@csrf_exempt
def nothing_here(request: HttpRequest) -> NoReturn:
    """Every address under /api that is none."""
    raise NotFound("There is nothing here.")
