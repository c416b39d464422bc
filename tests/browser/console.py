"""A running console with the platform of tests.console, for a module of browser tests.

The rows are committed, because the server answers in threads of its own, and emptied when the
module is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import pytest_django
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.urls import resolve
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.permissions import Role
from console.shell.access import opens
from tests.browsers import confirmed
from tests.cast import person
from tests.console.licensed import licence_of
from tests.console.platform import NOW, Platform, build


@dataclass
class Site:
    """Where the console runs, what is in it, the session of Sena, who reads billing in full, and
    those of Ada, who approves in finance, Ulla, who puts forward there, and Otis, who operates."""

    url: str
    platform: Platform
    session: str
    approver: str
    proposer: str
    operator: str

    def sign_in(self, context: BrowserContext, *, approves: bool = False) -> None:
        """Give a browser Sena's session, or Ada's."""
        self.carry(context, self.approver if approves else self.session)

    def approve(self, page: Page) -> None:
        """Have Ada approve the proposal that the browser shows, whoever looks at it."""
        self.carry(page.context, self.approver)
        page.reload()
        with page.expect_navigation():
            page.get_by_role("button", name="Approve").click()
        expect(page.locator("#messages")).to_contain_text("approved and carried out")
        self.carry(page.context, self.proposer)

    def sign_in_for(self, context: BrowserContext, path: str) -> None:
        """Give a browser the session of the first of them who may open an address."""
        screen = resolve(urlsplit(path).path)
        sessions = {
            "ada": self.approver,
            "ulla": self.proposer,
            "sena": self.session,
            "otis": self.operator,
        }
        for name, session in sessions.items():
            user = User.objects.get(username=name)
            if opens(user, f"console:{screen.url_name}", *screen.kwargs.values()):
                self.carry(context, session)
                return
        raise AssertionError(f"nobody may open {path}")

    def carry(self, context: BrowserContext, session: str) -> None:
        """Give a browser any session."""
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": session, "url": self.url}])


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[Site]:
    """The console on this machine, at noon of 12 May 2026 and ticking."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=True):
        server = LiveServer("localhost")
        try:
            yield Site(
                server.url,
                build(),
                session_of("sena", Role.SENIOR_SUPPORT)[1],
                session_of("ada", Role.FINANCE_APPROVER)[1],
                session_of("ulla", Role.FINANCE_ADMIN)[1],
                session_of("otis", Role.OPERATOR)[1],
            )
        finally:
            server.stop()
            _end_sessions_of_the_server()
            call_command("flush", verbosity=0, interactive=False)
            # While Playwright runs, Django keeps this thread's connection in another place than
            # when it has stopped; nobody would find this one again to close it.
            connections.close_all()


@pytest.fixture(scope="module", autouse=True)
def licensed(site: Site, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """A licence that the server sees too, for a module that opens every page."""
    with django_db_blocker.unblock():
        licence_of(site.platform)


def _end_sessions_of_the_server() -> None:
    """Threads that answered a browser keep their connection; the tables cannot be emptied so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


def session_of(name: str, role: Role) -> tuple[Client, str]:
    """Somebody signed in, as a client of the tests and as the session of a browser."""
    return signed_in_as(person(name, role))


def signed_in_as(user: User) -> tuple[Client, str]:
    """One more session of somebody, as a client of the tests and as that of a browser."""
    client = Client()
    client.force_login(user)
    confirmed(client)
    return client, client.cookies[settings.SESSION_COOKIE_NAME].value
