"""CloudEvents' library, two of OAuth and two of GraphQL at our doors; `make clients` has them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.clock import now
from tests.api.bearer import token_of
from tests.api.platform_as_heroku import acme, story
from tests.cast import account, credential, partner, resource
from tests.story import Customer
from tests.usage.world import meter
from usage.models import QuarantinedEvent

__all__ = ["acme", "story"]

EVENTS = os.environ.get("EVENTS_PYTHON", "")
GQL = os.environ.get("GQL_PYTHON", "")
NODE_HOME = os.environ.get("GRAPHQL_NODE_HOME", "")

IN_THREE_MODES = """
import json, os
import requests
from authlib.integrations.requests_client import OAuth2Session
from cloudevents.http import CloudEvent, to_binary, to_structured
from cloudevents.conversion import to_dict
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session as Session

base, id, secret = os.environ["BASE"], os.environ["ID"], os.environ["SECRET"]
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
first = OAuth2Session(id, secret, scope="usage:write")
first.fetch_token(f"{base}/oauth/token", grant_type="client_credentials")
second = Session(client=BackendApplicationClient(client_id=id))
second.fetch_token(f"{base}/oauth/token", client_id=id, client_secret=secret)

def event(name):
    return CloudEvent({"id": name, "source": "router/us-1", "type": "dyno.seconds",
                       "subject": "app-1", "time": os.environ["AT"]}, {"quantity": "60"})

said = []
def sent(session, headers, body):
    answer = session.post(f"{base}/api/v1/usage/events", data=body, headers=headers)
    said.append([answer.status_code, answer.json().get("counts", answer.json())])

headers, body = to_structured(event("structured"))
sent(first, headers, body)
headers, body = to_binary(event("binary"))
sent(second, headers, body)
batch = [json.loads(to_structured(event(name))[1]) for name in ("one", "two", "binary")]
sent(second, {"Content-Type": "application/cloudevents-batch+json"}, json.dumps(batch))
print(json.dumps(said))
"""
QUESTION = "{ accounts(first: 5) { edges { node { name currency } } } }"
IN_GQL = """
import json, os
from gql import Client, gql
from gql.transport.requests import RequestsHTTPTransport
bearer = {"Authorization": "Bearer " + os.environ["KEY"]}
url = os.environ["BASE"] + "/graphql"
client = Client(transport=RequestsHTTPTransport(url=url, headers=bearer))
print(json.dumps(client.execute(gql(os.environ["QUESTION"]))))
"""
IN_NODE = """
import { GraphQLClient } from "graphql-request";
const headers = { authorization: `Bearer ${process.env.KEY}` };
const client = new GraphQLClient(`${process.env.BASE}/graphql`, { headers });
console.log(JSON.stringify(await client.request(process.env.QUESTION)));
"""


def said_by(words: list[str | Path], cwd: Path | None = None, **environment: str) -> Any:
    done = subprocess.run(
        words,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not EVENTS, reason="EVENTS_PYTHON names no program; see make clients")
def test_events_of_the_library_in_three_modes_over_two_libraries_of_oauth(live_server: Any) -> None:
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    issued = credential(partner("Router"))
    told = said_by(
        [Path(EVENTS).absolute(), "-c", IN_THREE_MODES],
        BASE=live_server.url,
        ID=issued.client_id,
        SECRET=issued.client_secret,
        AT=now().isoformat(),
    )
    assert [status for status, _ in told] == [200, 200, 200], told
    assert told[2][1]["duplicate"] == 1
    names = set(QuarantinedEvent.objects.values_list("event_id", flat=True))
    assert names == {"structured", "binary", "one", "two"}


@pytest.fixture
def key(acme: Customer) -> str:
    works = partner("Addon Works", reads=(acme.account,), reports_for=())
    return token_of(credential(works, "accounts:read"))


ACME = {"accounts": {"edges": [{"node": {"name": "Acme", "currency": "USD"}}]}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not GQL, reason="GQL_PYTHON names no program; see make clients")
def test_gql_asks_the_graph(key: str, live_server: Any) -> None:
    words: list[str | Path] = [Path(GQL).absolute(), "-c", IN_GQL]
    assert said_by(words, BASE=live_server.url, KEY=key, QUESTION=QUESTION) == ACME


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not NODE_HOME, reason="GRAPHQL_NODE_HOME names no place; see make clients")
def test_graphql_request_asks_the_graph(key: str, live_server: Any) -> None:
    home = Path(NODE_HOME).absolute()
    words: list[str | Path] = ["node", "--input-type=module", "-e", IN_NODE]
    assert said_by(words, home, BASE=live_server.url, KEY=key, QUESTION=QUESTION) == ACME
