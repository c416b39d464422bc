"""The policy is a table: every kind has a row, and the page prints it."""

import re
from pathlib import Path

from accounts.permissions import Permission, roles_with
from approvals.kinds import all_kinds
from approvals.policy import POLICY, POLICY_VERSION

PAGE = Path("docs/approvals.md").read_text()


def test_the_page_prints_the_table() -> None:
    rows = [
        (
            ", ".join(f"`{kind}`" for kind in sorted(rule.kinds)),
            f"`{rule.propose.value}`",
            f"`{rule.approve.value}`",
        )
        for rule in POLICY
    ]
    printed = re.findall(
        r"^\| (.+) \| (?:goodwill, small|otherwise) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE
    )
    assert printed == rows
    assert f"version {POLICY_VERSION} of the policy" in PAGE


def test_every_kind_has_a_row_and_every_row_a_kind() -> None:
    kinds = {kind.name for kind in all_kinds()}
    assert {name for rule in POLICY for name in rule.kinds} == kinds
    assert (
        set(re.findall(r"^\| `(\w+)` \|", PAGE.partition("## What can")[2], re.MULTILINE)) == kinds
    )


def test_nobody_holds_both_sides_of_a_row() -> None:
    for rule in POLICY:
        assert not set(roles_with(rule.propose)) & set(roles_with(rule.approve))


def test_rows_are_of_permissions_that_belong_together() -> None:
    for rule in POLICY:
        assert rule.propose.value.removesuffix(".propose") == rule.approve.value.removesuffix(
            ".approve"
        )
        assert rule.propose in Permission
