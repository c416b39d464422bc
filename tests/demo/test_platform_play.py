"""The played platform: the same for the same seed, plausible, and honest about its own flaws."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.platform.deliveries import LATE_SHARE, Delivery
from demo.platform.estate import apps_of, transfers_of
from demo.platform.play import Play, play
from demo.platform.played_time import PlayedTime
from demo.platform.population import population
from demo.platform.values import AccountKind, ExpectedVerdict

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def played() -> Play:
    return play(NOW, "counterfoil")


def digest(played: Play) -> str:
    lines = (json.dumps(delivery.envelope) for delivery in sent(played))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sent(played: Play) -> list[Delivery]:
    return [*played.waves.first, *played.waves.second]


def accepted(played: Play) -> list[Delivery]:
    return [each for each in sent(played) if each.expected is ExpectedVerdict.ACCEPTED]


def identity(delivery: Delivery) -> tuple[object, object]:
    return delivery.envelope["source"], delivery.envelope["id"]


class TestDeterminism:
    def test_the_same_seed_and_instant_give_the_same_bytes(self, played: Play) -> None:
        assert digest(play(NOW, "counterfoil")) == digest(played)

    def test_another_process_plays_the_same(self, played: Play) -> None:
        script = (
            "from datetime import datetime;from tests.demo.test_platform_play import digest;"
            "from demo.platform.play import play;"
            f"print(digest(play(datetime.fromisoformat('{NOW.isoformat()}'), 'counterfoil')))"
        )
        other = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
            cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert other.stdout.strip() == digest(played)

    def test_another_seed_gives_another_platform(self, played: Play) -> None:
        assert digest(play(NOW, "another")) != digest(played)

    def test_a_later_instant_only_adds_to_the_finished_month(self, played: Play) -> None:
        assert play(NOW + timedelta(days=2), "counterfoil").finished_month() == (
            played.finished_month()
        )


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-11-23T09:30:00+00:00", "2026-10"),
        ("2026-12-02T23:59:59+00:00", "2026-10"),  # not yet over, and graced, everywhere
        ("2026-12-03T00:00:00+00:00", "2026-11"),
        ("2027-01-15T00:00:00+00:00", "2026-12"),
        ("2028-03-31T22:00:00-05:00", "2028-02"),
    ],
)
def test_the_finished_month_is_over_in_every_zone(now: str, month: str) -> None:
    time = PlayedTime.until(datetime.fromisoformat(now))
    assert f"{time.month_on:%Y-%m}" == month
    assert time.turns("Etc/GMT+12") + timedelta(days=1) <= time.now


def test_a_play_refuses_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        play(datetime(2026, 11, 23), "counterfoil")  # noqa: DTZ001


class TestPopulation:
    def test_all_kinds_of_account_stand_on_it(self, played: Play) -> None:
        kinds = Counter(account.kind for account in played.accounts)
        assert kinds == {
            AccountKind.PERSONAL: 14, AccountKind.TEAM: 23, AccountKind.ENTERPRISE: 4,
        }  # fmt: skip
        assert 100 <= len(played.apps) <= 140

    def test_names_and_ids_are_distinct(self, played: Play) -> None:
        for values in (
            [account.name for account in played.accounts],
            [account.key for account in played.accounts],
            [app.name for app in played.apps],
            list(played.owners()),
        ):
            assert len(set(values)) == len(values)

    def test_a_parent_comes_before_its_teams(self, played: Play) -> None:
        seen: set[str | None] = {None}
        for account in played.accounts:
            assert account.parent in seen
            seen.add(account.key)

    def test_billing_zones_include_ones_whose_clocks_change_in_the_month(
        self, played: Play
    ) -> None:
        changing = {
            account.zone
            for account in played.accounts
            if played.time.turns(account.zone) - played.time.opens(account.zone)
            != timedelta(days=31)
        }
        assert {"Europe/Berlin", "Australia/Sydney"} <= changing

    @pytest.mark.parametrize("seed", ["a", "b", "c", "d", "e"])
    def test_any_seed_gives_a_platform(self, seed: str) -> None:
        time = PlayedTime.until(NOW)
        accounts = population(time, seed)
        apps = apps_of(accounts, time, seed)
        assert {app.tenures[0].account for app in apps} == {
            account.key for account in accounts if account.kind is not AccountKind.ENTERPRISE
        }
        assert len(transfers_of(apps)) == 2

    def test_two_apps_move_to_another_team_inside_the_month(self, played: Play) -> None:
        assert len(played.transfers) == 2
        for transfer in played.transfers:
            assert transfer.from_account != transfer.to_account
            assert played.time.opens("UTC") < transfer.at < played.time.turns("UTC")
            attached = [addon for addon in played.addons if addon.app == transfer.app]
            assert all(
                [tenure.account for tenure in addon.tenures]
                == [transfer.from_account, transfer.to_account]
                for addon in attached
            )


class TestEvents:
    def test_the_load_stays_a_demo(self, played: Play) -> None:
        assert 30_000 <= len(sent(played)) <= 70_000

    def test_every_kind_of_event_is_told(self, played: Play) -> None:
        assert {each.envelope["type"] for each in accepted(played)} == {
            "formation.scaled", "addon.changed", "router.requests", "bandwidth.egress",
            "build.finished", "postgres.storage", "pipeline.user_active",
        }  # fmt: skip

    def test_nothing_happens_before_its_subject_or_after_now(self, played: Play) -> None:
        stood = {app.platform_id: app.created_at for app in played.apps}
        stood |= {addon.platform_id: addon.created_at for addon in played.addons}
        for event in played.report.events:
            assert stood[event.subject] <= event.at < NOW

    def test_a_process_changes_state_once_an_instant(self, played: Play) -> None:
        told = Counter(
            (event.subject, event.data["process_type"], event.at)
            for event in played.report.events
            if event.type == "formation.scaled"
        )
        assert set(told.values()) == {1}

    def test_formations_scale_resize_restart_and_sleep(self, played: Play) -> None:
        latest: dict[tuple[str, str], tuple[str, str]] = {}
        moves: Counter[str] = Counter()
        for event in sorted(played.report.events, key=lambda event: event.at):
            if event.type != "formation.scaled":
                continue
            key = event.subject, event.data["process_type"]
            state = event.data["size"], event.data["quantity"]
            before = latest.get(key, ("", ""))
            moves["restart"] += state == before
            moves["resize"] += before[0] not in ("", state[0])
            moves["sleep"] += state[1] == "0"
            moves["scale"] += before[0] == state[0] and before[1] != state[1]
            latest[key] = state
        assert min(moves[move] for move in ("restart", "resize", "sleep", "scale")) >= 5


class TestDeliveries:
    def test_identities_are_told_once_unless_meant_otherwise(self, played: Play) -> None:
        identities = Counter(identity(each) for each in accepted(played))
        assert set(identities.values()) == {1}

    def test_a_duplicate_says_the_same_and_a_conflict_does_not(self, played: Play) -> None:
        first = {identity(each): each.envelope for each in accepted(played)}
        repeated = [each for each in sent(played) if each.expected is ExpectedVerdict.DUPLICATE]
        contradicting = [each for each in sent(played) if each.expected is ExpectedVerdict.CONFLICT]
        assert all(each.envelope == first[identity(each)] for each in repeated)
        assert all(each.envelope != first[identity(each)] for each in contradicting)
        assert len(contradicting) == 8

    def test_about_two_in_a_hundred_come_twice_and_one_late(self, played: Play) -> None:
        arrived = [each for each in played.waves.first if each.expected is ExpectedVerdict.ACCEPTED]
        twice = [each for each in played.waves.first if each.expected is ExpectedVerdict.DUPLICATE]
        late = [
            each for each in arrived
            if each.delivered_at - datetime.fromisoformat(str(each.envelope["time"]))
            > timedelta(hours=5)
        ]  # fmt: skip
        assert len(twice) / len(arrived) == pytest.approx(0.02, abs=0.003)
        assert len(late) / len(arrived) == pytest.approx(LATE_SHARE, abs=0.002)

    def test_the_first_wave_arrives_in_order_and_never_after_now(self, played: Play) -> None:
        arrivals = [each.delivered_at for each in played.waves.first]
        assert arrivals == sorted(arrivals)
        assert arrivals[-1] <= NOW

    def test_every_flaw_is_sent_and_has_its_own_ids(self, played: Play) -> None:
        flaws = Counter(each.flaw for each in played.waves.first if each.flaw)
        assert len(flaws) == 12
        ids = {each.envelope.get("id") for each in accepted(played)}
        assert not any(each.envelope.get("id") in ids for each in played.waves.first if each.flaw)

    def test_only_what_is_true_and_told_first_is_accepted(self, played: Play) -> None:
        assert len(accepted(played)) == len(played.report.events)


def test_a_local_month_of_an_always_on_dyno_follows_the_clocks(played: Play) -> None:
    """Summed over sizes and restarts, one untouched web dyno runs exactly its zone's month."""
    totals = played.finished_month()
    untouched = [
        app
        for app in played.apps
        if app.temperament.value == "nightly" and app.deleted_at is None
        and app.created_at == played.time.opens(app.zone)
    ]  # fmt: skip
    assert untouched
    for app in untouched:
        seconds = sum(
            quantity
            for total, quantity in totals.items()
            if total.subject == app.platform_id and ("process_type", "web") in total.dimensions
        )
        month = played.time.turns(app.zone) - played.time.opens(app.zone)
        assert seconds == month.total_seconds()
