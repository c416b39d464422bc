"""docs/webhooks.md: its ways to check a signature are run on what we send."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from eventing.sending.posting import MILLISECONDS
from eventing.sending.schedule import RETRY_AFTER_SECONDS
from tests.eventing.posts import Posts
from tests.eventing.receivers import Came, Receiver, answers, receiving

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
NODE = shutil.which("node")

pytestmark = pytest.mark.django_db
Verified = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def sent(receiver: Receiver) -> tuple[str, Came]:
    """A secret, and what was sent just now."""
    posts = Posts()
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_ä")
    posts.sends(endpoint)
    return posts.secrets[endpoint.pk][0], receiver.came[0]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def headers_of(came: Came) -> dict[str, str]:
    return {name.lower(): value for name, value in came.headers.items()}


def test_the_python_of_the_page_accepts_what_we_send_and_nothing_else(
    sent: tuple[str, Came],
) -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102
    verified: Verified = names["verified"]
    secret, came = sent
    headers = headers_of(came)
    with time_machine.travel(int(headers["webhook-timestamp"]), tick=False):
        assert verified(secret, headers, came.body)
        assert not verified(secret, headers, came.body + b" ")
        assert not verified(secret, headers | {"webhook-id": "evt_other"}, came.body)
        both = f"v1,{'A' * 43}= {headers['webhook-signature']}"
        assert verified(secret, headers | {"webhook-signature": both}, came.body)
    assert not verified(secret, headers, came.body), "it is long ago"


@pytest.mark.skipif(NODE is None, reason="there is no node")
def test_the_javascript_of_the_page_does_the_same(sent: tuple[str, Came]) -> None:
    secret, came = sent
    headers = headers_of(came)
    cases = [
        (came.body.decode(), headers),
        (came.body.decode() + " ", headers),
        (came.body.decode(), headers | {"webhook-id": "evt_other"}),
        (came.body.decode(), headers | {"webhook-signature": f"v1,AAAA {_signature(headers)}"}),
    ]
    program = f"""
        {block("js")}
        Date.now = () => {headers["webhook-timestamp"]} * 1000;
        const cases = {json.dumps(cases)};
        const said = cases.map(([body, headers]) =>
            verified({json.dumps(secret)}, headers, Buffer.from(body)));
        console.log(JSON.stringify(said));
    """
    done = subprocess.run(
        [str(NODE), "-e", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == [True, False, False, True]


def _signature(headers: dict[str, str]) -> str:
    return headers["webhook-signature"]


def test_the_page_says_the_times_there_are() -> None:
    assert f"within {MILLISECONDS // 1_000} seconds" in PAGE
    said = "5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours"
    assert said in PAGE
    hours = [3_600 * each for each in (2, 5, 10, 14, 20, 24)]
    assert list(RETRY_AFTER_SECONDS) == [5, 300, 1_800, *hours]
