"""What a caller accepts: JSON, and whoever accepts its problems accepts its results."""

from __future__ import annotations

from typing import Final

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

# Named here again: api.problems imports DRF's views, which import this.
_PROBLEM: Final = "application/problem+json"
_RESULT: Final = "application/json"


class JsonAndProblems(DefaultContentNegotiation):
    """`Accept: application/problem+json` asks for the form of a refusal, not for one."""

    def get_accept_list(self, request: Request) -> list[str]:
        """The media types of the Accept header."""
        accepted: list[str] = super().get_accept_list(request)
        return [each.lower().replace(_PROBLEM, _RESULT) for each in accepted]
