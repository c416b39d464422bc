"""Our Python client: a call for each operation of the document, answers kept, files sent once."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command

from api.client.generating import PACKAGE, argument_name, operations
from api.client.package.sending import FileChanged, main, send_file
from api.client.package.transport import ApiAnswer, ApiConnection, ApiRefused
from api.management.commands.client_package import open_api_document
from tests.cast import account, credential, partner, resource
from tests.usage.world import meter
from usage.models import EventKey

EVENTS, AT_ONCE = 25, 10


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("client")
    call_command("client_package", home, stdout=StringIO())
    return home


@pytest.fixture(scope="module")
def package(written: Path) -> Iterator[ModuleType]:
    sys.path.insert(0, str(written))
    yield importlib.import_module(PACKAGE)
    sys.path.remove(str(written))


class Heard:
    """A transport that notes what is asked and answers as told."""

    def __init__(self, body: Any = None) -> None:
        self.asked: list[tuple[str, str, Mapping[str, Any], Any]] = []
        self.body = body

    def ask(self, method: str, path: str, *, query: Any, body: Any, headers: Any) -> ApiAnswer:
        self.asked.append((method, path, query, headers))
        content = b"" if self.body is None else json.dumps(self.body).encode()
        return ApiAnswer(200, {"content-type": "application/json"}, content)


def client_hearing(package: ModuleType, body: Any = None) -> tuple[Any, Heard]:
    client = package.Client("http://localhost:1", "id", "secret")
    client.transport = Heard(body)
    return client, client.transport


def test_each_operation_of_the_document_is_a_call(package: ModuleType) -> None:
    client, heard = client_hearing(package)
    count = 0
    for path, method, operation in operations(open_api_document()):
        call = getattr(client, operation["operationId"])
        parameters = operation.get("parameters", [])
        given: dict[str, Any] = {
            argument_name(each["name"]): f"v-{each['name']}" for each in parameters
        }
        if "requestBody" in operation:
            given["body"] = {}
        call(**given)
        asked_method, asked_path, query, headers = heard.asked[-1]
        expected = path
        for each in parameters:
            if each["in"] == "path":
                expected = expected.replace("{" + each["name"] + "}", f"v-{each['name']}")
        assert (asked_method, asked_path) == (method.upper(), expected)
        said = {each["name"] for each in parameters if each["in"] == "query"}
        assert query == {name: f"v-{name}" for name in said}
        assert ("Content-Type" in headers) == ("requestBody" in operation)
        if method == "post":
            assert "idempotency_key" in inspect.signature(call).parameters
        count += 1
    assert count > 80


def test_td51_what_the_client_has_never_heard_of_is_kept(package: ModuleType) -> None:
    line = {"kind": "incident_credit", "from_tomorrow": {"a": [1]}}
    client, _ = client_hearing(package, {"data": [line], "next_cursor": None})
    assert list(client.pages(client.invoices_lines_list, invoice="inv_1")) == [line]


def test_pages_follow_the_cursor(package: ModuleType) -> None:
    client, heard = client_hearing(package)
    told = iter([{"data": [1, 2], "next_cursor": "c1"}, {"data": [3], "next_cursor": None}])

    def listing(**asked: Any) -> Any:
        heard.asked.append(("", "", asked, {}))
        return next(told)

    assert list(client.pages(listing, limit=2)) == [1, 2, 3]
    assert [each[2] for each in heard.asked] == [{"limit": 2}, {"limit": 2, "cursor": "c1"}]


@pytest.mark.slow
def test_its_types_hold(written: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, str(written)],
        capture_output=True,
        text=True,
        check=False,
        cwd=written,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A file of events, each tenth of them spoilt, with blank lines between."""
    path = tmp_path / "events.ndjson"
    with path.open("w") as file:
        for number in range(EVENTS):
            event: dict[str, Any] = {
                "specversion": "1.0", "id": f"e-{number}", "source": "router/us-1",
                "type": "dyno.seconds", "subject": "app-1", "time": "2026-02-01T10:00:00Z",
                "data": {"quantity": "1"},
            }  # fmt: skip
            if number % 10 == 9:
                del event["time"]
            file.write(json.dumps(event) + "\n\n")
    return path


@pytest.fixture
def identity(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A router's, in a process that remembers nothing of earlier tables."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    issued = credential(partner("Router"))
    return issued.client_id, issued.client_secret


class DiesUnheard(ApiConnection):
    """Its server answers, and the process is gone before it reads the second answer."""

    calls = 0

    def ask(self, *words: Any, **named: Any) -> ApiAnswer:
        answer = super().ask(*words, **named)
        self.calls += 1
        if self.calls == 2:
            raise KeyboardInterrupt
        return answer


class TestSending:
    def test_whoever_dies_before_the_answer_goes_on_and_doubles_nothing(
        self, identity: tuple[str, str], events: Path, live_server: Any
    ) -> None:
        dies = DiesUnheard(live_server.url, *identity)
        with pytest.raises(KeyboardInterrupt):
            send_file(events, dies, at_once=AT_ONCE)
        dies.close()
        assert EventKey.objects.count() == 2 * AT_ONCE - 2
        lives = ApiConnection(live_server.url, *identity)
        sent = send_file(events, lives, at_once=AT_ONCE)
        assert EventKey.objects.count() == EVENTS - 2
        assert sent.counts == {"quarantined": 14, "duplicate": 9, "rejected": 2}
        refused = [json.loads(row) for row in Path(f"{events}.refused").read_text().splitlines()]
        assert [each["line"] for each in refused] == [19, 39]
        again = send_file(events, lives, at_once=AT_ONCE)
        lives.close()
        assert again.counts == sent.counts

    def test_killed_in_the_middle_it_goes_on(
        self, identity: tuple[str, str], events: Path, live_server: Any
    ) -> None:
        environment = {
            "COUNTERFOIL_CLIENT_ID": identity[0],
            "COUNTERFOIL_CLIENT_SECRET": identity[1],
            "COUNTERFOIL_AT_ONCE": str(AT_ONCE),
            "PATH": os.environ["PATH"],
        }
        words = [sys.executable, "-m", "api.client.package", "send", live_server.url, str(events)]
        running = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
        assert running.stderr is not None
        assert "lines" in running.stderr.readline()
        running.send_signal(signal.SIGKILL)
        running.communicate()
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr  # two events were refused
        told = json.loads(done.stdout)
        assert told["lines"] == 2 * EVENTS
        assert sum(told["counts"].values()) == EVENTS
        assert EventKey.objects.count() == EVENTS - 2
        assert "100 %" in done.stderr

    def test_another_file_of_the_name_is_not_gone_on_with(self, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson"
        path.write_text('{"id": "other"}\n')
        note = {"head": "0" * 64, "offset": 5, "lines": 1, "refused_bytes": 0, "counts": {}}
        Path(f"{path}.sent").write_text(json.dumps(note))
        with pytest.raises(FileChanged, match=r"events\.ndjson"):
            send_file(path, ApiConnection("http://localhost:1", "a", "b"))

    def test_what_it_is_given_is_looked_at(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        assert main(["send"]) == 2
        assert main(["send", "http://localhost:1", "nowhere"]) == 2
        assert "COUNTERFOIL_CLIENT_ID" in capsys.readouterr().err
        monkeypatch.setenv("COUNTERFOIL_CLIENT_ID", "a")
        monkeypatch.setenv("COUNTERFOIL_CLIENT_SECRET", "b")
        assert main(["send", "localhost", "nowhere"]) == 2
        assert "not the address of a server" in capsys.readouterr().err


class Answers(ApiConnection):
    """Sends nothing: gives the statuses it was told, in order."""

    def __init__(self, *statuses: int, **more: Any) -> None:
        self.waits: list[Any] = []
        super().__init__("http://localhost:1", "id", "secret", pause=self.waits.append, **more)
        self._statuses, self._token = list(statuses), "known"

    def _send(self, method: str, address: str, body: Any, headers: Any) -> ApiAnswer:
        if address == "/oauth/token":
            return ApiAnswer(200, {}, b'{"access_token": "fresh"}')
        status = self._statuses.pop(0)
        after = {"retry-after": "7"} if status == 429 else {}
        return ApiAnswer(status, {"content-type": "application/json", **after}, b'{"code": "c"}')


class TestPatience:
    def test_it_waits_as_long_as_it_is_asked_and_longer_each_time(self) -> None:
        answers = Answers(429, 503, 503, 0, 200)
        assert answers.ask("GET", "/x").status == 200
        assert answers.waits[0] == 7
        assert len(answers.waits) == 4
        assert answers.waits[1] <= 1 < answers.waits[3] * 2

    def test_what_would_be_done_twice_is_not_tried_again(self) -> None:
        with pytest.raises(ApiRefused):
            Answers(503, 200).ask("POST", "/api/v1/payments")
        keyed = {"Idempotency-Key": "k"}
        assert Answers(503, 200).ask("POST", "/x", headers=keyed).status == 200

    def test_a_token_that_ran_out_is_renewed_once(self) -> None:
        assert Answers(401, 200).ask("GET", "/x").status == 200
        with pytest.raises(ApiRefused) as refused:
            Answers(401, 401).ask("GET", "/x")
        assert (refused.value.status, refused.value.code) == (401, "c")

    def test_patience_ends(self) -> None:
        with pytest.raises(ApiRefused, match="503"):
            Answers(503, 503, patience=-1).ask("GET", "/x")
