"""How accounts stand that are late: what dunning decides by, and what pages and machines are told.

As of any instant: what was settled, held, said and promised by then. The amounts are those of
`open_items`, so page, machine and chasing agree.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Account
from accounts.queries.profiles import profiles_at
from billing.receivables.dunning.deciding import (
    DunningStanding,
    OwedPart,
    SaidBefore,
    due_step,
    steps_ahead,
)
from billing.receivables.models import DunningNotice, Hold, PaymentPromise
from billing.receivables.policies.dunning import DunningPolicy
from billing.receivables.queries.ageing import late_payer_ids
from billing.receivables.queries.open_items import held_of, live_holds, still_open
from billing.receivables.queries.rule_versions import dunning_policies
from core.money import Money
from core.periods import local_day

Action = DunningNotice.Action
UTC_ZONE = "UTC"


def payers_to_look_at(*, at: datetime) -> list[int]:
    """Whoever is past due, and whoever is suspended; two queries."""
    late = late_payer_ids(at=at)
    last = DunningNotice.objects.filter(sent_at__lte=at).order_by("account_id", "-sent_at", "-pk")
    stopped = {
        account_id
        for account_id, action in last.distinct("account_id").values_list("account_id", "action")
        if action in (Action.SUSPEND, Action.DELETE)
    }
    return sorted(late | stopped)


def standings(payer_ids: Collection[int], *, at: datetime) -> dict[int, DunningStanding]:
    """How payers stand at an instant; six queries, however many they are."""
    ids = list(payer_ids)
    owed, zones = _owed(ids, at=at), zones_of_payers(ids, at=at)
    said: dict[int, list[SaidBefore]] = defaultdict(list)
    notices = DunningNotice.objects.filter(account_id__one_of=ids, sent_at__lte=at)
    for account_id, action, day, days in notices.order_by("sent_at", "pk").values_list(
        "account_id", "action", "on_day", "step_days"
    ):
        said[account_id].append(SaidBefore(action, day, days))
    promised = {each.account_id: each.promised_on for each in last_promises(ids, at=at)}
    held = set(
        Hold.objects.filter(
            live_holds(at),
            account_id__one_of=ids,
            invoice__isnull=True,
            processes__contains=[Hold.Process.DUNNING],
        ).values_list("account_id", flat=True)
    )
    return {
        pk: DunningStanding(
            pk, local_day(at, zones[pk]), owed[pk], said[pk], promised.get(pk), pk in held
        )
        for pk in ids
    }


def zones_of_payers(payer_ids: Collection[int], *, at: datetime) -> dict[int, str]:
    """The clock of each payer at an instant; one query."""
    profiles = profiles_at(list(payer_ids), at)
    return {pk: profiles[pk].zone if pk in profiles else UTC_ZONE for pk in payer_ids}


def _owed(payer_ids: Sequence[int], *, at: datetime) -> dict[int, list[OwedPart]]:
    invoices = list(still_open(at=at).filter(payer_id__one_of=payer_ids))
    held = held_of([each.pk for each in invoices], at=at)
    owed: dict[int, list[OwedPart]] = {pk: [] for pk in payer_ids}
    for each in invoices:
        left: int = each.left_minor  # type: ignore[attr-defined]  # annotated
        assert each.due_on is not None  # invoice_issued_iff_numbered
        due = max(left - held.get(each.pk, 0), 0)
        owed[each.payer_id].append(OwedPart(each.pk, str(each), each.due_on, each.currency, due))
    return owed


def last_promises(payer_ids: Collection[int], *, at: datetime) -> list[PaymentPromise]:
    """The promise of each payer that counts; one query."""
    made = PaymentPromise.objects.filter(account_id__one_of=list(payer_ids), made_at__lte=at)
    return list(made.order_by("account_id", "-made_at", "-pk").distinct("account_id"))


@dataclass(frozen=True, slots=True)
class Delinquency:
    """How an account stands with what is late; nothing of it is stored.

    `since` is the due day of the earliest part that may be asked for. `suspended_on` and
    `deleted_on` have come where `is_suspended` and `is_deleted`, else they are to come if nothing
    changes; None where they are not.
    """

    account: Account
    today: date
    since: date | None
    due: Sequence[Money]
    state: str
    said_last: SaidBefore | None
    next_action: str
    next_on: date | None
    suspended_on: date | None
    deleted_on: date | None
    promised_until: date | None
    is_held: bool

    @property
    def is_suspended(self) -> bool:
        """Whether the account is suspended now."""
        return self.state in ("suspended", "deleted")

    @property
    def days_late(self) -> int:
        """Whole days past due of the earliest part."""
        return (self.today - self.since).days if self.since else 0


def delinquency(account: Account, *, at: datetime) -> Delinquency:
    """How one account stands; eight queries."""
    return delinquencies([account], at=at)[0]


def delinquencies(payers: Sequence[Account], *, at: datetime) -> list[Delinquency]:
    """How accounts stand, in their order; eight queries, however many they are."""
    policies, found = dunning_policies(at=at), standings([each.pk for each in payers], at=at)
    return [_delinquency(each, found[each.pk], policies.of(each.kind)) for each in payers]


def _delinquency(account: Account, standing: DunningStanding, policy: DunningPolicy) -> Delinquency:
    ahead = steps_ahead(policy, standing)
    base = standing.base
    following = min(ahead.items(), key=lambda item: item[1], default=("", None))
    suspended = standing.suspended_on
    deleted = next(
        (each.on_day for each in standing.since_resumed if each.action == Action.DELETE), None
    )
    return Delinquency(
        account=account,
        today=standing.today,
        since=base.due_on if base else None,
        due=[Money.from_minor(minor, code) for code, minor in sorted(standing.asked.items())],
        state=_state(standing, is_deleted=deleted is not None),
        said_last=standing.said[-1] if standing.said else None,
        next_action=following[0],
        next_on=following[1],
        suspended_on=suspended or ahead.get(Action.SUSPEND),
        deleted_on=deleted or ahead.get(Action.DELETE),
        promised_until=standing.promised_until,
        is_held=standing.is_held,
    )


def _state(standing: DunningStanding, *, is_deleted: bool) -> str:
    if is_deleted:
        return "deleted"
    if standing.suspended_on is not None:
        return "suspended"
    return "late" if standing.base else "current"


@dataclass(frozen=True, slots=True)
class WouldBeSent:
    """A step that a simulation comes to."""

    account: Account
    on_day: date
    action: str
    step_days: int | None
    base: OwedPart | None
    asked: Sequence[Money]


def would_send(
    *, days: Sequence[datetime], policies: Mapping[str, DunningPolicy] | None = None
) -> list[WouldBeSent]:
    """What dunning would have said at these instants, or would say: on real data, by the same rule.

    What was said before the first of them counts; what was said since is left out and decided anew.
    `policies` hold instead of those in force, by kind of account and "" for the others. Seven
    queries an instant.
    """
    sent: list[WouldBeSent] = []
    said: dict[int, list[SaidBefore]] = {}
    accounts: dict[int, Account] = {}
    for at in days:
        held = dunning_policies(at=at)
        ids = sorted({*payers_to_look_at(at=at), *said})
        accounts |= {
            each.pk: each
            for each in Account.objects.filter(pk__one_of=[pk for pk in ids if pk not in accounts])
        }
        for pk, found in standings(ids, at=at).items():
            before = said.setdefault(pk, _before(found, days[0]))
            standing = _as_simulated(found, before)
            kind = accounts[pk].kind
            mine = (policies.get(kind) or policies.get("")) if policies else None
            due = due_step(mine or held.of(kind), standing)
            if due is not None:
                days_of = due.step.days if due.step else None
                before.append(SaidBefore(due.action, standing.today, days_of))
                sent.append(_would(accounts[pk], standing, due.action, days_of))
    return sent


def _before(found: DunningStanding, first: datetime) -> list[SaidBefore]:
    return [each for each in found.said if each.on_day < first.date()]


def _as_simulated(found: DunningStanding, said: Sequence[SaidBefore]) -> DunningStanding:
    return DunningStanding(
        found.account_id, found.today, found.owed, list(said), found.promised_until, found.is_held
    )


def _would(
    account: Account, standing: DunningStanding, action: str, step_days: int | None
) -> WouldBeSent:
    asked = [Money.from_minor(minor, code) for code, minor in sorted(standing.asked.items())]
    return WouldBeSent(account, standing.today, action, step_days, standing.base, asked)
