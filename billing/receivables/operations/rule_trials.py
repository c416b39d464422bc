"""Try a rule of payments on a bank's file before it holds: done as it would be, and undone.

The file is read as if all of its rows came for the first time, whatever was imported before.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction as django_transaction

from billing.receivables.models import RuleVersion
from billing.receivables.operations import rule_versions
from billing.receivables.operations.bank_files import BankImport, BankUpload, dry_run
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.rule_versions import RuleSubject, bank_format

TRIAL_ACCOUNT = "trial of a rule"
"""No account of ours, so no row is known."""


@dataclass(frozen=True, slots=True)
class RuleTried:
    """A version that nobody made yet; `document` as `rule_versions.define` takes it."""

    subject: RuleVersion.Subject
    code: str
    document: Any


@dataclass(frozen=True, slots=True)
class TrialFile:
    """A file as it came. `format_code` reads it, where the rule tried is no format itself."""

    content: bytes
    name: str
    format_code: str


def try_rule(*, rule: RuleTried, file: TrialFile, recorded: Recorded) -> BankImport:
    """What an import of the file would do if the rule held now. Nothing is kept.

    Raises: RuleInvalid, RuleNotLatest, BankFormatNotFound, BankFileRefused, BankFileTooLarge,
    BalancesDisagree, ReasonMissing.
    """
    with django_transaction.atomic():
        rule_versions.define(
            subject=rule.subject, code=rule.code, document=rule.document, recorded=recorded
        )
        is_format = rule.subject == RuleSubject.BANK_FORMAT
        form = bank_format(rule.code if is_format else file.format_code, at=recorded.at)
        done = dry_run(
            upload=BankUpload(file.content, file.name, TRIAL_ACCOUNT, form), recorded=recorded
        )
        django_transaction.set_rollback(True)
    return done
