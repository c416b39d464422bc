"""TD8: every door that reaches what two people decide, and why none of them is open to one alone.

The doors are read from the source (tests/approvals/doors.py). A new caller of one of these
operations is in no row here, and fails.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from accounts.permissions import Permission
from approvals.kinds import all_kinds
from approvals.policy import HOUSE_POLICY
from tests.approvals.doors import callers, references

PROPOSAL = "carried out by an approved proposal"
UNDONE = "makes it for a preview, which is undone"
APPROVED = "goes on with what was approved"
STEP = "the second of two steps; the operation refuses whoever took the first"
RETRY = "tries again, which sets no rule aside"
ENGINE = "bills what the engine comes to; who may start it sets neither prices, usage nor gates"
ISSUES = "one of two steps; no role carries both, and no person takes both"
MONEY_IN = "moves a payment between invoices; gives nothing away"
EMERGENCY = "done by one who could approve it; a debt until another person clears it"
BEGINNING = "only where nothing is sold yet; nobody is billed by it before somebody subscribes"
CUT_OVER = "by whoever may run commands, from the mapping file that was reviewed and a reason"
SHADOW = "sets up another system's bills to be compared; nobody is charged by them"

MANDATE = "within what two people granted before; locked, and counted by the database"
OWN = "of those the table lets do it directly (X); it neither moves money nor gives a right"
LESS = "takes rights away, which counts at once"
FIRST = "the first two people of an installation, once"
AGREED = "an agreement with the customer, printed before; who maintains accounts may"

CORRECTIONS = "usage.operations.event_corrections"
RECEIVABLES = "billing.receivables.operations.corrections"
PROPOSALS = "billing.receivables.proposals"
LIMITING = "billing.spending.proposals.limits"
AMENDING = "billing.licences.proposals.amendments"

DOORS: dict[str, dict[str, str]] = {
    f"{CORRECTIONS}.amend": {
        "billing.whatif.proposals.usage_corrections": PROPOSAL,
        "console.usage.correction_views": UNDONE,
    },
    f"{CORRECTIONS}.void": {
        "billing.whatif.proposals.usage_corrections": PROPOSAL,
        "console.usage.correction_views": UNDONE,
        "billing.disputes.operations.without_event": UNDONE,
    },
    f"{CORRECTIONS}.restore": {
        "billing.whatif.proposals.usage_corrections": PROPOSAL,
        "console.usage.correction_views": UNDONE,
    },
    f"{CORRECTIONS}.void_all": {"usage.operations.backfills": APPROVED},
    f"{CORRECTIONS}.restore_all": {"usage.operations.backfills": APPROVED},
    "usage.operations.backfills.close": {
        "billing.whatif.proposals.backfills": PROPOSAL,
        "console.usage.backfill_views": UNDONE,
    },
    "usage.operations.backfills.take_back": {
        "billing.whatif.proposals.backfills": PROPOSAL,
        "console.usage.backfill_views": UNDONE,
    },
    "usage.operations.quarantine.release": {
        "billing.whatif.proposals.held_events": PROPOSAL,
        "console.usage.settle_views": UNDONE,
        "usage.operations.held_settlements": APPROVED,
    },
    "usage.operations.quarantine.drop": {
        "usage.operations.held_settlements": APPROVED,
        "usage.operations.backfills": APPROVED,
    },
    "usage.operations.held_settlements.start": {
        "billing.whatif.proposals.held_events": PROPOSAL,
        "console.usage.settle_views": RETRY,
    },
    "usage.operations.meters.define": {
        "billing.whatif.proposals.meters": PROPOSAL,
        "billing.parallel_run.import_setup": SHADOW,
        "billing.publishing.management.commands.sample_catalogue": BEGINNING,
    },
    "usage.operations.meters.revise": {"billing.whatif.proposals.meters": PROPOSAL},
    "usage.operations.meters.retire": {"billing.whatif.proposals.meters": PROPOSAL},
    "billing.catalogue.operations.plans.retire_plan": {"billing.publishing.proposals": PROPOSAL},
    "billing.publishing.operations.publish": {
        "billing.publishing.proposals": PROPOSAL,
        "billing.parallel_run.pricelist": SHADOW,
        "billing.publishing.management.commands.sample_catalogue": BEGINNING,
    },
    "billing.contracts.operations.agreed_prices.agree": {"billing.contracts.proposals": PROPOSAL},
    "billing.contracts.operations.agreed_prices.clear": {"billing.contracts.proposals": PROPOSAL},
    "billing.invoicing.operations.late_usage.waive": {
        "billing.invoicing.proposals.late_usage": PROPOSAL
    },
    "billing.invoicing.operations.adjustments.adjust": {
        f"{PROPOSALS}.adjustments": PROPOSAL,
        "billing.invoicing.proposals.pool_true_up": PROPOSAL,
    },
    "billing.invoicing.operations.grants.grant": {"billing.invoicing.proposals.grants": PROPOSAL},
    "billing.invoicing.operations.grants.revoke": {"billing.invoicing.proposals.grants": PROPOSAL},
    "billing.invoicing.operations.grants.give_back": {
        "billing.invoicing.proposals.grants": PROPOSAL
    },
    "billing.contracts.operations.coupons.make": {"billing.invoicing.proposals.coupons": PROPOSAL},
    "billing.contracts.operations.coupons.redeem": {"console.contracts.grant_views": AGREED},
    "billing.contracts.operations.entitlements.entitle": {
        "billing.invoicing.proposals.entitlements": PROPOSAL
    },
    "billing.contracts.operations.entitlements.end": {
        "billing.invoicing.proposals.entitlements": PROPOSAL
    },
    "billing.contracts.operations.change_policies.set_policy": {
        "billing.contracts.change_policy_proposals": PROPOSAL
    },
    "billing.contracts.operations.subscriptions.start": {
        "billing.contracts.admin.subscriptions": AGREED,
        "billing.contracts.operations.changes": APPROVED,
        "billing.legacy.operations.cutting_over": CUT_OVER,
        "billing.parallel_run.pricelist": SHADOW,
        "billing.publishing.management.commands.sample_catalogue": BEGINNING,
    },
    "billing.contracts.operations.changes.ask": {"billing.whatif.operations.change_quotes": AGREED},
    "billing.licences.operations.quotes.accept": {"console.contracts.license_quote_views": AGREED},
    "billing.licences.operations.amendments.amend_quantity": {AMENDING: PROPOSAL},
    "billing.licences.operations.amendments.give_or_take": {AMENDING: PROPOSAL},
    "billing.licences.operations.amendments.end_early": {AMENDING: PROPOSAL},
    "billing.spending.operations.limits.set_limit": {LIMITING: PROPOSAL},
    "billing.spending.operations.limits.end_limit": {LIMITING: PROPOSAL},
    "billing.licences.operations.window_closing.make_good": {
        "billing.invoicing.proposals.pool_true_up": PROPOSAL
    },
    "billing.invoicing.operations.adjustments.reverse": {f"{PROPOSALS}.adjustments": PROPOSAL},
    "billing.invoicing.operations.credit_notes.issue": {RECEIVABLES: APPROVED},
    f"{RECEIVABLES}.credit": {f"{PROPOSALS}.credit_notes": PROPOSAL},
    f"{RECEIVABLES}.credit_all": {f"{PROPOSALS}.credit_notes": PROPOSAL},
    f"{RECEIVABLES}.credit_as_rated": {f"{PROPOSALS}.credit_notes": PROPOSAL},
    f"{RECEIVABLES}.recover": {f"{PROPOSALS}.money_back": PROPOSAL},
    f"{RECEIVABLES}.reissue": {},
    f"{RECEIVABLES}.void": {f"{PROPOSALS}.invoices": PROPOSAL},
    f"{RECEIVABLES}.void_and_reissue": {f"{PROPOSALS}.invoices": PROPOSAL},
    f"{RECEIVABLES}.write_off": {f"{PROPOSALS}.invoices": PROPOSAL},
    "billing.receivables.operations.refunds.request": {
        f"{PROPOSALS}.money_back": PROPOSAL,
        RECEIVABLES: APPROVED,
    },
    "billing.receivables.operations.settling.unapply": {
        f"{PROPOSALS}.money_back": PROPOSAL,
        "api.rest.v1.payments": MONEY_IN,
        "console.finance.payment_steps": MONEY_IN,
    },
    "approvals.operations.policies.publish": {"approvals.proposals.policies": PROPOSAL},
    "approvals.operations.mandates.grant": {"approvals.proposals.mandates": PROPOSAL},
    "approvals.operations.mandates.draw": {
        "api.rest.v1.mandates": MANDATE,
        "console.approvals.asking": MANDATE,
        "console.approvals.mandate_views": MANDATE,
    },
    "accounts.operations.roles.approve": {"accounts.admin.users": STEP},
    "accounts.operations.roles.end": {"accounts.admin.users": LESS},
    "accounts.operations.roles.end_all": {"accounts.operations.staff": LESS},
    "accounts.operations.roles.found": {"accounts.operations.staff": FIRST},
    "accounts.operations.disclosures.allow": {"console.accounts.personal_views": STEP},
    "accounts.operations.partners.enrol": {
        "accounts.admin.partners": OWN,
        "billing.publishing.management.commands.sample_catalogue": BEGINNING,
    },
    "accounts.operations.partners.revise": {"accounts.admin.partners": OWN},
    "accounts.operations.partners.issue_credential": {
        "accounts.admin.partners": OWN,
        "billing.publishing.management.commands.sample_catalogue": BEGINNING,
    },
    "accounts.operations.partners.rotate_credential": {"accounts.admin.partners": OWN},
    "accounts.operations.partners.revoke_credential": {"accounts.admin.partners": LESS},
    **{
        f"eventing.operations.endpoints.{verb}": {"api.rest.v1.webhooks": OWN, door: OWN}
        for verb, door in (
            ("create", "console.webhooks.step_views"),
            ("revise", "console.webhooks.step_views"),
            ("rotate_secret", "console.webhooks.steps"),
            ("end_secret", "console.webhooks.steps"),
            ("disable", "console.webhooks.steps"),
            ("enable", "console.webhooks.steps"),
            ("delete", "console.webhooks.steps"),
        )
    },
    "billing.invoicing.operations.gates.set_policy": {
        "api.rest.v1.finance_rules": OWN,
        "console.finance.rule_views": OWN,
    },
    "billing.receivables.operations.rule_versions.define": {
        "api.rest.v1.finance_rules": OWN,
        "billing.receivables.operations.rule_trials": UNDONE,
        "console.finance.dunning_views": OWN,
        "console.finance.payment_rule_views": OWN,
    },
    "billing.invoicing.operations.tax_rates.approve_rate": {
        "billing.invoicing.admin.tax_rates": STEP
    },
    "billing.invoicing.operations.tax_rates.approve_policy": {
        "billing.invoicing.admin.tax_rates": STEP
    },
    "billing.invoicing.operations.tax_rates.approve_exemption": {
        "billing.invoicing.admin.tax_rates": STEP
    },
    "billing.invoicing.operations.one_offs.issue": {"console.invoices.one_off_views": ISSUES},
    "billing.invoicing.operations.gates.release": {"console.runs.release_views": ISSUES},
    "billing.invoicing.operations.gates.waive_source": {
        "api.rest.v1.sources": ISSUES,
        "console.usage.source_views": ISSUES,
    },
    "billing.invoicing.operations.bill_runs.start": {
        "billing.invoicing.management.commands.bill_run": ENGINE,
        "billing.parallel_run.billing": SHADOW,
        "console.runs.start_views": ENGINE,
    },
    "billing.invoicing.operations.one_offs.prepare": {"console.invoices.one_off_views": ISSUES},
    "approvals.operations.executing.carry_out": {
        "approvals.operations.deciding": PROPOSAL,
        "approvals.operations.emergencies": EMERGENCY,
    },
}
"""By operation the modules that call it, and why one person alone does not get through."""

BY_PERMISSION = {
    "usage_correction": [CORRECTIONS, "usage.operations.backfills"],
    "quarantine_settlement": ["usage.operations.quarantine", "usage.operations.held_settlements"],
    "goodwill_credit": [
        "billing.invoicing.operations.adjustments",
        "billing.invoicing.operations.grants",
        RECEIVABLES,
    ],
    "credit": [RECEIVABLES, "billing.receivables.operations.refunds"],
    "catalogue_change": [
        "billing.publishing.operations",
        "billing.catalogue.operations.plans",
        "billing.contracts.operations.agreed_prices",
        "usage.operations.meters",
        "billing.contracts.operations.change_policies",
        "billing.contracts.operations.coupons",
        "billing.contracts.operations.entitlements",
        "billing.invoicing.operations.tax_rates",
    ],
    "bill_run": [
        "billing.invoicing.operations.bill_runs",
        "billing.invoicing.operations.one_offs",
    ],
    "invoice_void": [RECEIVABLES],
    "licence_override": [
        "billing.licences.operations.amendments",
        "billing.spending.operations.limits",
        "billing.licences.operations.window_closing",
        "billing.contracts.operations.entitlements",
    ],
    "approval_policy": ["approvals.operations.policies", "approvals.operations.mandates"],
    "role_grant": ["accounts.operations.roles"],
}
"""By what is put forward, the modules of the operations that do it."""

HELD_BY_ROWS = {"approvals.operations.putting_forward.put_forward"}
"""What a kind calls besides that does nothing by itself: others decide it."""

NOT_YET = {"work_retry"}
"""Nothing in the house does it by one's own decision yet: retrying needs nobody's approval."""


def test_TD8_every_caller_of_what_two_people_decide_has_a_row() -> None:
    assert callers(set(DOORS)) == {name: set(doors) for name, doors in DOORS.items()}


@pytest.mark.parametrize("operation", DOORS)
def test_TD8_the_operations_of_the_table_are_there(operation: str) -> None:
    module, _, name = operation.rpartition(".")
    assert inspect.isfunction(getattr(importlib.import_module(module), name))


def test_TD8_every_permission_of_two_people_has_its_operations() -> None:
    nouns = {
        each.value.rpartition(".")[0]
        for each in Permission
        if each.value.endswith((".propose", ".approve"))
    }
    assert nouns == set(BY_PERMISSION) | NOT_YET
    modules = {name.rpartition(".")[0] for name in DOORS}
    assert {each for modules_ in BY_PERMISSION.values() for each in modules_} <= modules


def test_TD8_what_a_proposal_alone_does_has_no_other_door() -> None:
    """Every operation that a kind of proposal carries out is in the table."""
    operations = re.compile(r"^(?:billing|usage|approvals|accounts)\..*operations\.")
    rows = set(DOORS) | HELD_BY_ROWS
    for path in sorted(Path().glob("*/**/proposals*/*.py")) + sorted(
        Path().glob("*/**/*proposals.py")
    ):
        if path.parts[0] in (".venv", "tests", "console", "api", "demo"):
            continue
        for named in references(path.read_text()):
            module, _, name = named.rpartition(".")
            if not operations.match(named) or not name.islower():
                continue
            found = getattr(importlib.import_module(module), name, None)
            if inspect.isfunction(found) and "by" in inspect.signature(found).parameters:
                assert named in rows, f"{named} has no row in DOORS"


def test_TD8_whoever_approves_a_kind_does_not_put_it_forward() -> None:
    for rule in HOUSE_POLICY.rules:
        assert not {rule.propose} & set(rule.permissions)
    assert {kind.name for kind in all_kinds()} == {
        kind for rule in HOUSE_POLICY.rules for kind in rule.kinds
    }


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("from usage.operations import meters\nmeters.retire()", "usage.operations.meters.retire"),
        (
            "from usage.operations import meters as m\nm.retire()",
            "usage.operations.meters.retire",
        ),
        (
            "from usage.operations.meters import retire as end\nend()",
            "usage.operations.meters.retire",
        ),
        ("import usage.operations.meters as m\nx = m.retire", "usage.operations.meters.retire"),
    ],
)
def test_a_caller_is_found_however_it_imports(source: str, named: str) -> None:
    assert named in set(references(source))
