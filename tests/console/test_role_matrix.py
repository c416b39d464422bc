"""Every address of the console and every record, as every role, against a matrix to be reviewed.

`role_matrix.txt` beside this file has a row for each. A new address without a row fails, and so
does one that opens to somebody else than before; WRITE_ROLE_MATRIX=1 writes the file anew, to be
read before it is committed. To an address an empty form is sent too, to a thing that exists where
the tests of the console know one: it is refused for the role, or for what it lacks.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse

from accounts.models import User
from accounts.permissions import Role
from console.urls import urlpatterns
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.pages import BILLING, COUNTS, WORK, address
from tests.console.platform import Platform

GOLDEN = Path(__file__).with_name("role_matrix.txt")
SAMPLES = ("x", "1", "2026-05", "00000000-0000-0000-0000-000000000000", "USD", "csv")
COLUMNS = ("stranger", *(role.value for role in Role))
HEAD = """\
# Who opens what. An address: g it opens, p a form sent to it is read, - neither.
# A record: v it is seen, a added, c changed, d deleted, - none of it.
"""


class RolledBack(Exception):
    """What a form did is taken back."""


def sample_address(pattern: URLPattern) -> str:
    """An address of the pattern that names nothing."""
    args = {name: _sample(each.regex) for name, each in pattern.pattern.converters.items()}
    return str(reverse(f"console:{pattern.name}", kwargs=args))


def _sample(regex: str) -> str:
    known = (*SAMPLES, *re.findall(r"[a-z][a-z-]+", regex))
    return next(str(each) for each in known if re.fullmatch(regex, each))


def doors_of(client: Client, platform: Platform) -> Iterator[tuple[str, str]]:
    """What each address lets somebody do."""
    for pattern in urlpatterns:
        name, letters = str(pattern.name), ""
        sample = sample_address(pattern)
        if _is_open(client.get, sample):
            letters += "g"
        known = name in (*BILLING, *COUNTS, *WORK)
        if _is_open(client.post, address(name, platform).partition("?")[0] if known else sample):
            letters += "p"
        yield name, letters or "-"


def _is_open(ask: Callable[[str], Any], url: str) -> bool:
    """Whether somebody may; what their form did is taken back. No answer is a fault of ours."""
    answer: list[Any] = []
    with suppress(RolledBack), transaction.atomic():
        answer.append(ask(url))
        raise RolledBack
    status, headers = answer[0].status_code, answer[0].headers
    assert status < 500, f"{url} answers {status} to a form that says nothing"
    to_sign_in = status == 302 and "/staff/login/" in headers["Location"]
    return status not in (403, 405) and not to_sign_in


def records_of(user: User | AnonymousUser) -> Iterator[tuple[str, str]]:
    """What each record lets somebody do."""
    request = RequestFactory().get("/admin/")
    request.user = user
    for model, shown in admin.site._registry.items():
        may = {
            "v": shown.has_view_permission(request),
            "a": shown.has_add_permission(request),
            "c": shown.has_change_permission(request),
            "d": shown.has_delete_permission(request),
        }
        letters = "".join(letter for letter, is_so in may.items() if is_so)
        yield f"admin {model._meta.label}", letters or "-"


def written(columns: dict[str, dict[str, str]]) -> str:
    """The matrix as the file has it."""
    names = sorted({name for column in columns.values() for name in column})
    wide = max(map(len, names))
    lines = [HEAD, f"{'':{wide}}  {'  '.join(COLUMNS)}\n"]
    for name in names:
        cells = (f"{columns[each][name]:{len(each)}}" for each in COLUMNS)
        lines.append(f"{name:{wide}}  {'  '.join(cells)}".rstrip() + "\n")
    return "".join(lines)


def test_every_door_as_every_role_is_as_the_matrix_says(platform: Platform) -> None:
    found = {"stranger": dict(doors_of(Client(), platform)) | dict(records_of(AnonymousUser()))}
    for role in Role:
        user = person(f"the-{role.value}", role)
        found[role.value] = dict(doors_of(client_of(user), platform)) | dict(records_of(user))
    text = written(found)
    if os.environ.get("WRITE_ROLE_MATRIX"):
        GOLDEN.write_text(text)

    golden = GOLDEN.read_text() if GOLDEN.exists() else ""
    difference = "".join(difflib.unified_diff(golden.splitlines(True), text.splitlines(True), n=0))
    assert text == golden, f"Somebody opens something else than before:\n{difference}"
