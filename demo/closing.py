"""The fifth step: the month that was billed is closed. Two people sign, and one of them locks it.

What the played month leaves open on purpose is waived by name, as finance would.
"""

from datetime import datetime

from accounts.permissions import Role
from billing.closing.months import BooksMonth
from billing.closing.operations import closing, journal_batches
from billing.closing.operations.recognition import recognise
from billing.closing.queries.closes import standing
from demo.platform.play import Play
from demo.reference.people import actor_of, holder_of


def close_month(play: Play, *, at: datetime) -> None:
    """Recognise, check, waive, sign and lock the played month; once."""
    month = BooksMonth.of(play.time.month_on)
    admin, approver = holder_of(Role.FINANCE_ADMIN), holder_of(Role.FINANCE_APPROVER)
    if standing(month, at=at).is_locked:
        return
    recognise(month=month, at=at, by=actor_of(admin), reason=f"Closing {month.first_on:%B %Y}")
    closing.check(month=month, at=at, by=actor_of(admin))
    for count in standing(month, at=at).counts:
        if not count.is_settled:
            closing.waive(
                month=month,
                code=count.code,
                at=at,
                by=actor_of(admin),
                reason="Looked at; it goes to next month",
            )
    found = standing(month, at=at)
    if found.check is None:
        return
    for person in (admin, approver):
        closing.sign(month=month, seen=found.check.digest, at=at, by=actor_of(person))
    closing.lock(
        month=month, at=at, by=actor_of(approver), reason=f"{month.first_on:%B %Y} is complete"
    )
    journal_batches.export(month=month, at=at, by=actor_of(admin))
