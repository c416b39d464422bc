"""The whole play in one value: who is there, what they own, what is sent, and the true totals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from demo.platform.attachments import attachment
from demo.platform.deliveries import Waves, deliver, envelopes
from demo.platform.estate import Transfer, addons_of, apps_of, transfers_of
from demo.platform.formations import formation
from demo.platform.played_time import PlayedTime
from demo.platform.population import population
from demo.platform.spoilt import spoilt_deliveries
from demo.platform.tally import TallyKey, TallySpan, tally
from demo.platform.traffic import builds, people, traffic
from demo.platform.values import Addon, App, PlayedAccount, PlayedOwnership, PlayedReport


@dataclass(frozen=True, slots=True)
class Play:
    """One played platform; `report` holds the facts, `waves` what is sent about them."""

    time: PlayedTime
    accounts: Sequence[PlayedAccount]
    apps: Sequence[App]
    addons: Sequence[Addon]
    transfers: Sequence[Transfer]
    report: PlayedReport
    waves: Waves

    def owners(self) -> Mapping[str, Sequence[PlayedOwnership]]:
        apps = {app.platform_id: app.tenures for app in self.apps}
        return apps | {addon.platform_id: addon.tenures for addon in self.addons}

    def finished_month(self) -> dict[TallyKey, Decimal]:
        """True totals of the finished month, each account's in its own zone."""
        spans = {
            account.key: TallySpan(self.time.opens(account.zone), self.time.turns(account.zone))
            for account in self.accounts
        }
        return tally(self.report, self.owners(), spans)


def play(now: datetime, seed: str) -> Play:
    """The platform as it is at `now` (aware); equal arguments give equal plays."""
    time = PlayedTime.until(now)
    accounts = population(time, seed)
    return play_estate(time, accounts, apps_of(accounts, time, seed), seed)


def play_estate(
    time: PlayedTime, accounts: Sequence[PlayedAccount], apps: Sequence[App], seed: str
) -> Play:
    """What the given accounts and apps do: the way to play a platform smaller than the whole."""
    addons = addons_of(apps, time, seed)
    report = PlayedReport()
    for app in apps:
        built = builds(app, time, seed)
        restarts = [counted.at for counted in built.counted]
        for part in (built, formation(app, time, restarts, seed), traffic(app, time, seed),
                     people(app, time, seed)):  # fmt: skip
            report.take(part)
    by_id = {app.platform_id: app for app in apps}
    for addon in addons:
        report.take(attachment(addon, by_id[addon.app], time, seed))
    told = envelopes(report.events, f"{time.month_on:%Y%m}")
    spoilt = spoilt_deliveries(told, apps, time.now, seed)
    waves = deliver(told, spoilt, time.now, seed)
    return Play(time, accounts, apps, addons, transfers_of(apps), report, waves)
