"""The policy is a table: every kind has a row, and the page prints it."""

import re
from pathlib import Path

from accounts.permissions import Permission, roles_with
from approvals.kinds import all_kinds
from approvals.policy import HOUSE_POLICY
from approvals.policy_document import policy_document, read_policy

PAGE = Path("docs/approvals.md").read_text()


def test_the_page_prints_the_table() -> None:
    rows = [
        (
            ", ".join(f"`{kind}`" for kind in sorted(rule.kinds)),
            f"`{rule.propose.value}`",
            ", then ".join(f"`{level.permission.value}`" for level in rule.levels),
        )
        for rule in HOUSE_POLICY.rules
    ]
    printed = re.findall(
        r"^\| (.+) \| (?:goodwill, small|otherwise) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE
    )
    assert printed == rows
    assert f"version {HOUSE_POLICY.number} of the policy" in PAGE


def test_every_kind_has_a_row_and_every_row_a_kind() -> None:
    kinds = {kind.name for kind in all_kinds()}
    assert {name for rule in HOUSE_POLICY.rules for name in rule.kinds} == kinds
    assert (
        set(re.findall(r"^\| `(\w+)` \|", PAGE.partition("## What can")[2], re.MULTILINE)) == kinds
    )


def test_nobody_holds_both_sides_of_a_row() -> None:
    for rule in HOUSE_POLICY.rules:
        for level in rule.levels:
            assert not set(roles_with(rule.propose)) & set(level.roles)


def test_rows_are_of_permissions_that_belong_together() -> None:
    for rule in HOUSE_POLICY.rules:
        for level in rule.levels:
            assert rule.propose.value.removesuffix(
                ".propose"
            ) == level.permission.value.removesuffix(".approve")
        assert rule.propose in Permission


def test_the_house_policy_reads_back_as_it_is() -> None:
    kinds = [kind.name for kind in all_kinds()]
    document = policy_document(HOUSE_POLICY)
    assert read_policy(document, number=HOUSE_POLICY.number, kinds=kinds) == HOUSE_POLICY
