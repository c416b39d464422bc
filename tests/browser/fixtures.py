"""Chromium for the browser tests: the machine's own, driven by Playwright.

Without Chromium these tests are skipped with a reason; with CI=true that is a failure. A page that
logs an error, breaks its own Content-Security-Policy or asks another machine for anything fails
the test that opened it.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """CHROMIUM, or the first Chromium on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


def cannot_run(reason: str) -> NoReturn:
    """Skips with the reason; where browser tests are required, fails with it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class _AsyncioWithout:
    """asyncio, but that one loop does not count as running.

    Playwright's rests whenever a test has the word: a view may run one of its own, as GraphQL does.
    """

    def __init__(self, resting: asyncio.AbstractEventLoop) -> None:
        self._resting = resting

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def get_running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is self._resting:
            raise RuntimeError("no running event loop")
        return loop


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        cannot_run("browser tests need Chromium: install it, or name it in CHROMIUM")
    # Chromium's own sandbox refuses to start as root.
    flags = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(_QUIET)
    manager = sync_playwright()
    try:
        playwright = manager.start()
    except Exception as error:  # noqa: BLE001  that is what Playwright raises
        cannot_run(f"Playwright's driver does not start (on Debian it needs libatomic1): {error}")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright runs an event loop in this thread, which is not where the views run.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setattr("asgiref.sync.asyncio", _AsyncioWithout(asyncio.get_running_loop()))
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()
    playwright.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: no cookie of another test. Knows axe on every page."""
    context = browser.new_context(locale="en-US", timezone_id="UTC")
    context.set_default_timeout(10_000)
    # An init script is the one kind of script that a strict policy leaves to us.
    context.add_init_script(path=AXE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must stay clean: see the module's docstring."""
    page = context.new_page()
    complaints = watch(page)
    yield page
    assert complaints == []


def watch(page: Page) -> list[str]:
    """The page's complaints, filled as they come: errors it logs and requests that leave us."""
    complaints: list[str] = []

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def note_request(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in {None, "localhost", "127.0.0.1"}:
            complaints.append(f"asked another machine: {request.url}")

    page.on("console", note_message)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", note_request)
    return complaints
