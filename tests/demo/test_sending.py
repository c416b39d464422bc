"""The sender: every event once over the wire, lost answers survived, verdicts held to account."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import pytest

from demo.platform.deliveries import Delivery, Envelope
from demo.platform.values import ExpectedVerdict
from demo.sending.client import BearerToken, Credential, IngestClient, SendingFailed
from demo.sending.comparison import surprises
from demo.sending.progress import SendingProgress
from demo.sending.sender import SentDeliveries, send
from tests.demo.fake_ingest import FakeIngest, running_fake

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[FakeIngest]:
    with running_fake() as fake:
        yield fake


def delivery(
    number: int, expected: ExpectedVerdict = ExpectedVerdict.ACCEPTED, **fields: object
) -> Delivery:
    envelope: Envelope = {"source": "platform/router", "id": f"e-{number}", **fields}
    return Delivery(NOON, envelope, expected)


def client(server: FakeIngest, token: BearerToken | None = None, **options: float) -> IngestClient:
    token = token or BearerToken(server.base_url, Credential("demo", "secret"))
    return IngestClient(server.base_url, token, pause=lambda seconds: None, **options)


def send_all(
    server: FakeIngest, deliveries: list[Delivery], *, connections: int = 1, batch_size: int = 10
) -> SentDeliveries:
    token = BearerToken(server.base_url, Credential("demo", "secret"))
    with ExitStack() as opened:
        clients = [opened.enter_context(closing(client(server, token))) for _ in range(connections)]
        return send(deliveries, clients, on_answer=lambda counts: None, batch_size=batch_size)


class TestSending:
    def test_every_delivery_gets_its_own_verdict(self, server: FakeIngest) -> None:
        deliveries = [delivery(n) for n in range(95)] + [delivery(7, ExpectedVerdict.DUPLICATE)]
        sent = send_all(server, deliveries, connections=3)
        assert sent.counts() == {ExpectedVerdict.ACCEPTED: 95, ExpectedVerdict.DUPLICATE: 1}
        assert sorted(server.batch_sizes) == [6] + [10] * 9
        assert surprises(sent.told, sent_before=False) == []

    def test_connections_share_one_token(self, server: FakeIngest) -> None:
        send_all(server, [delivery(n) for n in range(40)], connections=3)
        assert server.token_count == 1

    def test_a_lost_answer_is_asked_for_again_and_counts_as_sent_before(
        self, server: FakeIngest
    ) -> None:
        server.failures = [503, 502]
        sent = send_all(server, [delivery(1), delivery(2)])
        assert sent.retried_count == 1
        assert sent.counts() == {ExpectedVerdict.DUPLICATE: 2}
        assert surprises(sent.told, sent_before=True) == []
        assert len(surprises(sent.told, sent_before=False)) == 2

    def test_an_expired_token_is_fetched_again(self, server: FakeIngest) -> None:
        server.failures = [401]
        send_all(server, [delivery(1)])
        assert server.token_count == 2

    @pytest.mark.parametrize("status", [400, 403, 413])
    def test_a_refused_batch_stops_the_sending(self, server: FakeIngest, status: int) -> None:
        server.failures = [status]
        with pytest.raises(SendingFailed, match=f"HTTP {status}"):
            send_all(server, [delivery(n) for n in range(30)])

    def test_patience_ends(self, server: FakeIngest) -> None:
        server.failures = [503] * 4
        with (
            closing(client(server, patience_seconds=0)) as impatient,
            pytest.raises(SendingFailed, match="503"),
        ):
            impatient.send([delivery(1).envelope])

    def test_a_missing_verdict_is_not_overlooked(self, server: FakeIngest) -> None:
        server.swallowed_verdicts = 1
        with pytest.raises(SendingFailed, match="1 verdicts came back for 2"):
            send_all(server, [delivery(1), delivery(2)])

    def test_a_server_that_is_not_there_is_waited_for_only_so_long(self) -> None:
        with running_fake() as gone:
            waiting = client(gone, patience_seconds=0)
        with pytest.raises(SendingFailed, match="503"):
            waiting.send([delivery(1).envelope])

    @pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://127.0.0.1", ""])
    def test_an_address_without_a_scheme_is_refused(self, address: str) -> None:
        with pytest.raises(SendingFailed, match="not an address"):
            IngestClient(address, BearerToken(address, Credential("demo", "secret")))


def told(*pairs: tuple[Delivery, str]) -> list[tuple[Delivery, Mapping[str, object]]]:
    return [(each, {"verdict": verdict}) for each, verdict in pairs]


class TestComparison:
    def test_either_of_two_equal_deliveries_may_be_the_duplicate(self) -> None:
        swapped = told(
            (delivery(1), "duplicate"), (delivery(1, ExpectedVerdict.DUPLICATE), "accepted"),
        )  # fmt: skip
        assert surprises(swapped, sent_before=False) == []

    def test_a_wrong_verdict_names_its_event(self) -> None:
        [surprise] = surprises(
            told((delivery(1), "accepted"), (delivery(2), "quarantined")), sent_before=False
        )
        assert str(surprise) == "platform/router e-2: expected accepted, was quarantined"

    @pytest.mark.parametrize(
        ("expected", "actual", "surprising"),
        [
            (ExpectedVerdict.ACCEPTED, "duplicate", False),
            (ExpectedVerdict.QUARANTINED, "duplicate", False),
            (ExpectedVerdict.REJECTED, "duplicate", True),
            (ExpectedVerdict.ACCEPTED, "quarantined", True),
            (ExpectedVerdict.DUPLICATE, "accepted", True),
        ],
    )
    def test_after_an_interrupted_attempt_only_duplicates_are_forgiven(
        self, expected: ExpectedVerdict, actual: str, surprising: bool
    ) -> None:
        found = surprises(told((delivery(1, expected), actual)), sent_before=True)
        assert bool(found) is surprising


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestProgress:
    def test_a_terminal_sees_one_line_that_changes(self) -> None:
        ticks = iter([0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
        screen = Terminal()
        progress = SendingProgress(screen, 3000, tick=lambda: next(ticks))
        progress.add(Counter({ExpectedVerdict.ACCEPTED: 990, ExpectedVerdict.REJECTED: 10}))
        progress.finish()
        lines = screen.getvalue().split("\r")
        assert len(lines) == 2
        assert lines[0].strip() == (
            "1,000 of 3,000 events, 1,000/s: 990 accepted, 0 duplicate, 0 conflict, "
            "0 quarantined, 10 rejected"
        )
        assert lines[1].startswith("  1,000 of 3,000 events, 500/s")

    def test_a_log_is_not_flooded(self) -> None:
        log = io.StringIO()
        progress = SendingProgress(log, 100, tick=lambda: 0.0)
        for _ in range(50):
            progress.add(Counter({ExpectedVerdict.ACCEPTED: 2}))
        progress.finish()
        assert log.getvalue().count("\n") == 1
