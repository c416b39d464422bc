"""The frame of a page of disputes on which steps are taken: one form, one verb, one operation."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from accounts.permissions import Permission
from console.shell.access import StaffRequest, may_any, refused
from core.errors import DomainError

Shows = Callable[[DomainError | None, int], HttpResponse]


def posted(
    request: StaffRequest,
    permissions: tuple[Permission, ...],
    step: Callable[[], HttpResponse],
    shows: Shows,
) -> HttpResponse:
    """Take the step that was posted, or show the page: as it is, or with what is wrong."""
    if request.method != "POST":
        return shows(None, 200)
    if not may_any(request.user, permissions):
        return refused(request, permissions)
    try:
        return step()
    except DomainError as problem:
        return shows(problem, problem.status)
