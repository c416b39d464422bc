"""Make a new version of a rule; what is there stays, and what was decided by it names it."""

from datetime import datetime
from functools import partial
from typing import Any

from accounts.models import Account
from billing.receivables.models import RuleVersion
from billing.receivables.operations.settling import Recorded
from billing.receivables.policies.applying import read_applying
from billing.receivables.policies.bank_formats import read_bank_format
from billing.receivables.policies.documents import RuleInvalid, document_differences
from billing.receivables.policies.dunning import read_dunning
from billing.receivables.policies.matching import read_matching
from billing.receivables.queries.rule_versions import RuleSubject, house_document, last_version
from core.actor import require_said
from core.db.locks import alone
from core.db.stamps import require_last_seen
from core.db.trail import FieldChange
from core.db.transactions import transaction
from core.errors import Conflict
from eventing.publish import publish

_READERS = {
    RuleSubject.BANK_FORMAT: read_bank_format,
    RuleSubject.MATCHING: read_matching,
    RuleSubject.APPLYING: read_applying,
    RuleSubject.DUNNING: read_dunning,
}


class RuleNotLatest(Conflict):
    """A version begins when it is made or later, and after those that are there."""

    code = "rule_not_latest"
    title = "A later version is there"


def define(
    *,
    subject: RuleVersion.Subject,
    code: str = "",
    document: Any,
    effective_from: datetime | None = None,
    made_from: str | None = None,
    recorded: Recorded,
) -> RuleVersion:
    """A new version of a rule, from now or a later instant on.

    `made_from` is the number of the version that was looked at; 0 is the house's own.
    Raises: RuleInvalid, naming every problem; RuleNotLatest, ChangedSince, StampUnreadable,
    ReasonMissing.
    """
    require_said(recorded.reason, "Say why the rule changes.")
    _require_code(subject, code)
    _READERS[subject](document)
    begins = effective_from or recorded.at
    if begins < recorded.at:
        raise RuleNotLatest("A rule begins now or later.", field="effective_from")
    with transaction():
        alone(f"rule/{subject}/{code}")
        last = last_version(subject, code)
        if made_from is not None:
            require_last_seen(
                made_from, last.number if last else 0, partial(_since, subject, code, last)
            )
        if last is not None and last.effective_from > begins:
            raise RuleNotLatest(
                f"Version {last.number} begins on {last.effective_from:%Y-%m-%d %H:%M} UTC; "
                "a new one begins no earlier.",
                field="effective_from",
            )
        made = RuleVersion.objects.create(
            subject=subject,
            code=code,
            number=last.number + 1 if last else 1,
            document=document,
            effective_from=begins,
            made_at=recorded.at,
            made_by=recorded.by.name,
            reason=recorded.reason,
        )
        publish(
            "rule.defined",
            subject=made.public_id,
            payload={"subject": subject, "code": code, "number": made.number},
            at=recorded.at,
        )
    return made


def _since(subject: str, code: str, last: RuleVersion | None, number: int) -> list[FieldChange]:
    """What the last version says otherwise than the one of a number."""
    seen = RuleVersion.objects.filter(subject=subject, code=code, number=number).first()
    before = seen.document if seen else house_document(subject, code)
    return document_differences(before, last.document if last else before)


def _require_code(subject: RuleVersion.Subject, code: str) -> None:
    if subject == RuleSubject.BANK_FORMAT:
        if not code or len(code) > 32 or not code.replace("-", "").replace("_", "").isalnum():
            raise RuleInvalid("A bank format has a short name of letters and digits.", field="code")
    elif subject == RuleSubject.MATCHING:
        if code:
            raise RuleInvalid("There is one rule of matching for all.", field="code")
    elif code and code not in Account.Kind.values:
        raise RuleInvalid(
            f"A kind of account is one of {', '.join(Account.Kind.values)}.", field="code"
        )
