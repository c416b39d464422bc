"""What every view of REST is: a view whose POST takes an idempotency key."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from api.idempotency import keyed, once


class RestDoor(APIView):
    """A view that answers a POST once for each key; DRF has asked who it is and what they may."""

    secrets_in: ClassVar[frozenset[str]] = frozenset()
    """The actions whose answer holds a secret."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        work = getattr(self, "post", None)
        if request.method == "POST" and work is not None:
            # What DRF calls next: it looks for the method on the view.
            setattr(self, "post", partial(self._once, work))  # noqa: B010  a method otherwise

    def _once(self, work: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = keyed(request._request, owner_of(request))
        if asked is None:
            answer: HttpResponse = work(request, *args, **kwargs)
            return answer
        has_secret = getattr(self, "action", "") in self.secrets_in
        return once(asked, lambda: work(request, *args, **kwargs), has_secret=has_secret)


def owner_of(request: Request) -> str:
    """Whom a key belongs to: the partner, with all its credentials, or the person."""
    principal: Any = request.user
    owner: str = principal.owner
    return owner
