"""Which version of a rule holds at an instant; the house's own where nobody made one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.receivables.models import RuleVersion
from billing.receivables.policies import applying, bank_formats, dunning, matching
from billing.receivables.policies.applying import ApplyingRules
from billing.receivables.policies.bank_formats import BankFormat
from billing.receivables.policies.dunning import DunningPolicy
from billing.receivables.policies.matching import MatchingRules
from core.errors import NotFound

RuleSubject = RuleVersion.Subject
STANDARDS: Mapping[str, Mapping[str, Any]] = {
    RuleSubject.BANK_FORMAT: bank_formats.STANDARD,
    RuleSubject.MATCHING: matching.STANDARD,
    RuleSubject.APPLYING: applying.STANDARD,
    RuleSubject.DUNNING: dunning.STANDARD,
}
"""The house's own documents."""


def house_document(subject: str, code: str) -> Mapping[str, Any]:
    """What holds of a rule without any version; nothing of a bank format that nobody described."""
    if subject == RuleSubject.BANK_FORMAT and code != bank_formats.STANDARD_CODE:
        return {}
    return STANDARDS[subject]


class BankFormatNotFound(NotFound):
    """No bank format of this name holds."""

    code = "bank_format_not_found"
    title = "There is no such bank format"


@dataclass(frozen=True, slots=True)
class NumberedFormat:
    """A format of a bank's file, and which version of it."""

    code: str
    number: int
    form: BankFormat


def versions_at(subject: str, at: datetime) -> dict[str, RuleVersion]:
    """The version that holds of each rule of a subject, by code; one query."""
    rows = RuleVersion.objects.filter(subject=subject, effective_from__lte=at)
    return {
        row.code: row
        for row in rows.order_by("code", "-effective_from", "-number").distinct("code")
    }


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule, and the version of it that holds; None is the house's own."""

    subject: RuleVersion.Subject
    code: str
    version: RuleVersion | None


def rules_in_force(*, at: datetime) -> list[RuleInForce]:
    """Every rule with what holds of it, the house's own among them; one query."""
    rows = RuleVersion.objects.filter(effective_from__lte=at)
    found: dict[tuple[str, str], RuleVersion | None] = {
        (subject, bank_formats.STANDARD_CODE if subject == RuleSubject.BANK_FORMAT else ""): None
        for subject in RuleSubject
    }
    latest = rows.order_by("subject", "code", "-effective_from", "-number")
    found |= {(row.subject, row.code): row for row in latest.distinct("subject", "code")}
    return [RuleInForce(RuleSubject(each[0]), each[1], found[each]) for each in sorted(found)]


def last_version(subject: str, code: str) -> RuleVersion | None:
    """The version that a new one would come after, in force or to come; one query."""
    return RuleVersion.objects.filter(subject=subject, code=code).order_by("-number").first()


def bank_format(code: str, *, at: datetime) -> NumberedFormat:
    """A format by its name. Raises: BankFormatNotFound."""
    found = versions_at(RuleSubject.BANK_FORMAT, at)
    if code in found:
        row = found[code]
        return NumberedFormat(code, row.number, bank_formats.read_bank_format(row.document))
    if code != bank_formats.STANDARD_CODE:
        known = ", ".join(sorted({*found, bank_formats.STANDARD_CODE}))
        raise BankFormatNotFound(f"There is no bank format {code[:40]!r}; there are {known}.")
    return NumberedFormat(code, 0, bank_formats.read_bank_format(dict(bank_formats.STANDARD)))


def bank_format_codes(*, at: datetime) -> list[str]:
    """The names of all formats that hold."""
    return sorted({*versions_at(RuleSubject.BANK_FORMAT, at), bank_formats.STANDARD_CODE})


def matching_rules(*, at: datetime) -> MatchingRules:
    """How rows are matched."""
    row = versions_at(RuleSubject.MATCHING, at).get("")
    return matching.read_matching(row.document if row else dict(matching.STANDARD))


@dataclass(frozen=True, slots=True)
class ApplyingByKind:
    """How free money is used, by kind of account."""

    rules: Mapping[str, ApplyingRules]

    def of(self, kind: str) -> ApplyingRules:
        """What holds for accounts of a kind."""
        return self.rules.get(kind) or self.rules[""]


def applying_rules(*, at: datetime) -> ApplyingByKind:
    """How free money is used; one query."""
    documents: dict[str, Any] = {"": dict(applying.STANDARD)}
    documents |= {code: row.document for code, row in versions_at(RuleSubject.APPLYING, at).items()}
    return ApplyingByKind({code: applying.read_applying(each) for code, each in documents.items()})


@dataclass(frozen=True, slots=True)
class DunningByKind:
    """The policies of dunning, by kind of account."""

    policies: Mapping[str, DunningPolicy]

    def of(self, kind: str) -> DunningPolicy:
        """What holds for accounts of a kind."""
        return self.policies.get(kind) or self.policies[""]


def dunning_policies(*, at: datetime) -> DunningByKind:
    """The policies that hold; one query."""
    policies = {"": dunning.read_dunning(dict(dunning.STANDARD))}
    for code, row in versions_at(RuleSubject.DUNNING, at).items():
        policies[code] = dunning.read_dunning(row.document, code=code, number=row.number)
    return DunningByKind(policies)
