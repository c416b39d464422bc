"""The second step: every event through the ingest API, and every verdict held to account."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from demo.platform.deliveries import Delivery
from demo.platform.play import Play
from demo.platform.values import ExpectedVerdict
from demo.sending.client import BearerToken, Credential, IngestClient
from demo.sending.comparison import Surprise, surprises
from demo.sending.progress import SendingProgress, Stream
from demo.sending.sender import CONNECTION_COUNT, SentDeliveries, ToldVerdict, send


@dataclass(frozen=True, slots=True)
class Transmission:
    """What was answered in all, and every answer the platform did not expect."""

    counts: Mapping[ExpectedVerdict, int]
    surprises: Sequence[Surprise]


def transmit(
    play: Play, *, base_url: str, credential: Credential, sent_before: bool, out: Stream
) -> Transmission:
    """Send both waves. `sent_before`: an earlier attempt may have sent part of them.

    Raises: SendingFailed; sending again later is harmless.
    """
    told: list[ToldVerdict] = []
    retried = False
    token = BearerToken(base_url, credential)
    with ExitStack() as opened:
        clients = [
            opened.enter_context(closing(IngestClient(base_url, token)))
            for _ in range(CONNECTION_COUNT)
        ]
        for wave in (play.waves.first, play.waves.second):
            sent = _send_wave(wave, clients, out)
            told.extend(sent.told)
            retried = retried or sent.retried_count > 0
    counts = Counter(ExpectedVerdict(str(verdict["verdict"])) for _, verdict in told)
    return Transmission(counts, surprises(told, sent_before=sent_before or retried))


def _send_wave(
    wave: Sequence[Delivery], clients: Sequence[IngestClient], out: Stream
) -> SentDeliveries:
    progress = SendingProgress(out, len(wave))
    sent = send(wave, clients, on_answer=progress.add)
    progress.finish()
    return sent
