"""TD8: every door that reaches what two people decide, and why none of them is open to one alone.

The doors are read from the source (tests/approvals/doors.py). A new caller of one of these
operations is in no row here, and fails.
"""

from __future__ import annotations

import importlib
import inspect

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
ISSUES = "the second of two steps; no role carries both"
MONEY_IN = "moves a payment between invoices; gives nothing away"
EMERGENCY = "done by one who could approve it; a debt until another person clears it"
BEGINNING = "only where nothing is sold yet; nobody is billed by it before somebody subscribes"
SHADOW = "sets up another system's bills to be compared; nobody is charged by them"

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
    "accounts.operations.roles.approve": {"accounts.admin.users": STEP},
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
    "approvals.operations.executing.carry_out": {
        "approvals.operations.deciding": PROPOSAL,
        "approvals.operations.emergencies": EMERGENCY,
    },
}
"""By operation the modules that call it, and why one person alone does not get through."""

BY_PERMISSION = {
    "usage_correction": [CORRECTIONS, "usage.operations.backfills"],
    "quarantine_settlement": ["usage.operations.quarantine", "usage.operations.held_settlements"],
    "goodwill_credit": ["billing.invoicing.operations.adjustments", RECEIVABLES],
    "credit": [RECEIVABLES, "billing.receivables.operations.refunds"],
    "catalogue_change": [
        "billing.publishing.operations",
        "billing.catalogue.operations.plans",
        "billing.contracts.operations.agreed_prices",
        "usage.operations.meters",
        "billing.invoicing.operations.tax_rates",
    ],
    "bill_run": ["billing.invoicing.operations.bill_runs"],
    "invoice_void": [RECEIVABLES],
    "licence_override": [
        "billing.licences.operations.amendments",
        "billing.spending.operations.limits",
    ],
    "approval_policy": ["approvals.operations.policies"],
    "role_grant": ["accounts.operations.roles"],
}
"""By what is put forward, the modules of the operations that do it."""

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
