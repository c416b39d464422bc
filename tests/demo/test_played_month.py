"""A whole played month through the real API, held against the platform's own tally."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import pytest
import time_machine
from pytest_django.live_server_helper import LiveServer

from accounts.models import Account
from billing.invoicing.models import BillRunItem, Invoice
from billing.invoicing.operations import bill_runs
from core.actor import Actor
from core.invariants import invariants
from demo.billing_month import start_run
from demo.models import PlayedMonth
from demo.platform.play import Play
from demo.platform.values import ExpectedVerdict
from demo.preparing import prepare
from demo.reckoning import reckon
from demo.sending.client import BearerToken, Credential, IngestClient
from demo.transmitting import Transmission, transmit
from tests.demo.casting import DUO, ENSEMBLE, NOW, SEED, stage_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@dataclass(frozen=True)
class Stage:
    """A platform whose reference data stands and whose server answers."""

    the_play: Play
    prepared: PlayedMonth
    base_url: str

    @property
    def credential(self) -> Credential:
        return Credential(self.prepared.client_id, self.prepared.client_secret)

    @property
    def accounts(self) -> Mapping[str, Account]:
        keys = {account.name: account.key for account in self.the_play.accounts}
        return {keys[each.name]: each for each in Account.objects.all()}

    def sends_everything(self, *, sent_before: bool = False) -> Transmission:
        with time_machine.travel(NOW):
            return transmit(
                self.the_play,
                base_url=self.base_url,
                credential=self.credential,
                sent_before=sent_before,
                out=io.StringIO(),
            )

    def sends_some_and_stops(self, event_count: int) -> None:
        token = BearerToken(self.base_url, self.credential)
        some = [each.envelope for each in self.the_play.waves.first[:event_count]]
        with time_machine.travel(NOW), closing(IngestClient(self.base_url, token)) as client:
            client.send(some)

    def bills(self) -> None:
        run = start_run(self.the_play, at=NOW, by=Actor.system("test"))
        while (chunk := bill_runs.claim_chunk(at=NOW)) is not None:
            bill_runs.work(chunk=chunk, at=NOW)
        run.refresh_from_db()
        assert run.finished_at == NOW


def set_stage(cast: tuple[str, ...], base_url: str) -> Stage:
    the_play = stage_of(cast)(NOW, SEED)
    return Stage(the_play, prepare(the_play, seed=SEED, at=NOW), base_url)


def test_a_played_month_is_metered_to_the_digit_and_billed_once(live_server: LiveServer) -> None:
    stage = set_stage(ENSEMBLE, live_server.url)
    sent = stage.sends_everything()
    assert list(map(str, sent.surprises)) == []
    assert sent.counts == stage.the_play.waves.expected_counts()
    assert set(sent.counts) == set(ExpectedVerdict)

    reckoning = reckon(stage.the_play, stage.accounts)
    assert list(map(str, reckoning.differences)) == []
    assert reckoning.figure_count > 150

    stage.bills()
    settled = Counter(BillRunItem.objects.values_list("state", flat=True))
    assert settled == {"billed": len(ENSEMBLE)}
    issued = Invoice.objects.filter(state="issued").values_list("account__name", flat=True)
    assert sorted(issued) == sorted(ENSEMBLE)
    assert [each.id for each in invariants() if not each.check().holds] == []


def test_an_interrupted_sending_is_simply_sent_again(live_server: LiveServer) -> None:
    stage = set_stage(DUO, live_server.url)
    stage.sends_some_and_stops(900)
    sent = stage.sends_everything(sent_before=True)
    assert list(map(str, sent.surprises)) == []
    assert reckon(stage.the_play, stage.accounts).differences == []


def test_a_figure_that_differs_is_named(live_server: LiveServer) -> None:
    stage = set_stage(DUO, live_server.url)
    differences = reckon(stage.the_play, stage.accounts).differences
    named = [str(each) for each in differences if each.total.meter == "builds"]
    assert named
    assert all(text.endswith("engine None") for text in named)
