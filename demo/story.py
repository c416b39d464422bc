"""The demo from beginning to end. Each step is done once; a second telling goes on where it was."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from accounts.models import Account, RoleGrant, User
from accounts.permissions import Role
from core.clock import now
from demo.billing_month import follow_run, start_run
from demo.closing import close_month
from demo.giving import give
from demo.growing import KEPT_BACK, first_run, open_growing
from demo.limiting import limit_spending
from demo.making_papers import make_papers
from demo.mandating import let_support_give
from demo.models import PlayedMonth
from demo.paying import pay_month
from demo.platform.play import Play
from demo.platform.play import play as whole_platform
from demo.preparing import prepare
from demo.proposing import propose_corrections
from demo.reckoning import reckon
from demo.reference.people import actor_of, holder_of
from demo.sending.client import Credential
from demo.sending.progress import Stream
from demo.special_invoices import issue_special
from demo.subscribing import sell_seats
from demo.summary import (
    broken_invariants,
    month_lines,
    way_in_lines,
    worth_a_look_lines,
)
from demo.transmitting import transmit
from usage import partitions

_SHOWN_AT_MOST = 5

# Makes the play that ends at an instant, from a seed.
Stage = Callable[[datetime, str], Play]


class StoryBroken(Exception):
    """Something did not come out as the platform knows it must; the message says what."""


def tell(
    *, base_url: str, seed: str, at: datetime, out: Stream, stage: Stage = whole_platform
) -> None:
    """Play the month before `at` once, through the server at `base_url`, and say how to sign in.

    Raises: StoryBroken, SendingFailed, MonthNotBilled. Telling it again goes on from there.
    """
    played = PlayedMonth.objects.select_related("bill_run").first()
    if played is not None and played.finished_at is not None:
        _say(out, f"The month played until {played.played_until:%d %B %Y} is kept; nothing to do.")
    else:
        the_play = stage(played.played_until, played.seed) if played else stage(at, seed)
        played = _play_on(played, the_play, base_url=base_url, seed=seed, out=out)
    for line in (*worth_a_look_lines(), *way_in_lines(played, base_url)):
        _say(out, line)


def _play_on(
    played: PlayedMonth | None, the_play: Play, *, base_url: str, seed: str, out: Stream
) -> PlayedMonth:
    if played is None:
        with _step(out, _intention(the_play)):
            played = prepare(the_play, seed=seed, at=the_play.time.now)
            open_growing(the_play)
    if played.sent_at is None:
        _send(played, the_play, base_url=base_url, out=out)
    _bill(played, the_play, out=out)
    assert played.bill_run is not None  # `_bill` starts one
    with _step(out, "Taking in payments"):
        pay_month(played.bill_run, at=now())
    with _step(out, f"Closing {the_play.time.month_on:%B %Y}"):
        close_month(the_play, at=now())
    with _step(out, "Putting corrections forward"):
        propose_corrections(played.bill_run, at=now())
    with _step(out, "Giving credit"):
        give(at=now())
        let_support_give(played.bill_run, at=now())
        limit_spending(at=now())
        sell_seats(at=now())
    with _step(out, "Making documents"):
        make_papers()
    _check(played, the_play, out=out)
    return played


def _intention(the_play: Play) -> str:
    return (
        f"Setting up {len(the_play.accounts)} accounts with {len(the_play.apps)} apps and "
        f"{len(the_play.addons)} add-ons"
    )


def _send(played: PlayedMonth, the_play: Play, *, base_url: str, out: Stream) -> None:
    sent_before = played.sending_started_at is not None
    played.sending_started_at = now()
    played.save(update_fields=["sending_started_at"])
    month = f"{the_play.time.month_on:%B %Y}"
    # Days long past have no partition yet, and while everybody sends is no time to make one.
    partitions.ensure_partitions(_days(the_play), at=now())
    with _step(out, f"Sending {month} and the days since through the API"):
        transmission = transmit(
            the_play,
            base_url=base_url,
            credential=Credential(played.client_id, played.client_secret),
            sent_before=sent_before,
            out=out,
        )
    _require_none(list(map(str, transmission.surprises)), "verdicts were not as expected")
    played.sent_at = now()
    played.save(update_fields=["sent_at"])


def _days(the_play: Play) -> list[date]:
    first = the_play.time.month_on - timedelta(days=1)
    count = (the_play.time.now.date() - first).days + 2
    return [first + timedelta(days=offset) for offset in range(count)]


def _bill(played: PlayedMonth, the_play: Play, *, out: Stream) -> None:
    _bill_month_before(the_play, out=out)
    if played.bill_run is None:
        finance = User.objects.get(
            role_grants__role=Role.FINANCE_ADMIN, role_grants__state=RoleGrant.State.GRANTED
        )
        played.bill_run = start_run(the_play, at=now(), by=actor_of(finance))
        played.save(update_fields=["bill_run"])
    with _step(out, f"Billing {the_play.time.month_on:%B %Y}"):
        follow_run(played.bill_run, out, kept_back={KEPT_BACK})
        issue_special(at=now())


def _bill_month_before(the_play: Play, *, out: Stream) -> None:
    """The customers of a month longer have a bill to be set beside this one."""
    finance = actor_of(holder_of(Role.FINANCE_ADMIN))
    run = first_run(the_play, at=now(), by=finance)
    if run is not None:
        with _step(out, "Billing the month before"):
            follow_run(run, out)


def _check(played: PlayedMonth, the_play: Play, *, out: Stream) -> None:
    names = {account.name: account.key for account in the_play.accounts}
    accounts = {names[account.name]: account for account in Account.objects.filter(name__in=names)}
    with _step(out, "Checking"):
        reckoning = reckon(the_play, accounts)
        _require_none(list(map(str, reckoning.differences)), "figures differ from the platform's")
        _say(out, f"  {reckoning.figure_count:,} figures agree with the platform's own count")
        checked, broken = broken_invariants()
        _require_none(
            [f"{each.id} {each.text}: {', '.join(result.sample_ids)}" for each, result in broken],
            "invariants do not hold",
        )
        _say(out, f"  {checked} invariants hold")
        for line in month_lines():
            _say(out, line)
    played.finished_at = now()
    played.save(update_fields=["finished_at"])


def _require_none(problems: list[str], what: str) -> None:
    if problems:
        shown = "\n  ".join(problems[:_SHOWN_AT_MOST])
        raise StoryBroken(f"{len(problems)} {what}:\n  {shown}")


@contextmanager
def _step(out: Stream, what: str) -> Iterator[None]:
    _say(out, f"{what} …")
    started = time.monotonic()
    yield
    _say(out, f"  done in {time.monotonic() - started:.1f} s")


def _say(out: Stream, line: str) -> None:
    out.write(f"{line}\n")
    out.flush()
