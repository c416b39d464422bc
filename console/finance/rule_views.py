"""What finance sets, on one page: bounds of bills, numbers, rules of payments; and changing them.

Every change is a new row beside the old one: who, when, why, old → new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from billing.catalogue.queries.currencies import currencies_sold
from billing.invoicing.operations import gates
from billing.invoicing.operations.numbering import SeriesNotFound, number_by_year
from billing.invoicing.queries.bounds import bounds_stamp, bounds_texts
from billing.invoicing.queries.bounds_tried import try_bounds
from billing.invoicing.queries.gates import policies_in_force
from billing.invoicing.queries.numbering import series_shown
from billing.overview.queries.rule_history import bounds_history, numbering_history
from billing.receivables.models import RuleVersion
from billing.receivables.queries.rule_versions import RuleInForce, RuleSubject, rules_in_force
from console.finance.rule_forms import KINDS_OF_ACCOUNT, SetsBounds, SetsNumbering, bounds_initial
from console.shell.access import StaffRequest, refused, screen
from console.shell.stamped_forms import form_page
from core.clock import now
from core.errors import NotFound
from core.money import is_currency_code

CHANGE: Final = Permission.BILLING_RULES_CHANGE
READ: Final = (CHANGE, Permission.BILLING_RULES_READ)
_METHODS: Final = ["GET", "HEAD", "POST"]


class CurrencyNotFound(NotFound):
    """The address names no currency."""

    code = "currency_not_found"
    title = "There is no such currency"


@require_GET
@screen(*READ)
def rules(request: StaffRequest) -> HttpResponse:
    """What holds now, since when, and by whom."""
    at, policies = now(), policies_in_force()
    codes = sorted({*currencies_sold(), *policies})
    context = {
        "tab": "rules",
        "bounds": [(code, policies.get(code), bounds_texts(policies.get(code))) for code in codes],
        "series": series_shown(at=at),
        "rules": [_row(each) for each in rules_in_force(at=at)],
        "may_change_bills": permitted(request.user, CHANGE),
        "may_change_payments": permitted(request.user, Permission.PAYMENT_RULES_CHANGE),
    }
    return render(request, "console/finance/rules.html", context)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of payments in words, and where it is changed."""

    name: str
    of: str
    url: str
    version: RuleVersion | None


_PAGES: Final = {
    RuleSubject.BANK_FORMAT: ("console:rules-format", "name"),
    RuleSubject.MATCHING: ("console:rules-matching", ""),
    RuleSubject.APPLYING: ("console:rules-applying", "kind"),
    RuleSubject.DUNNING: ("console:dunning-policy", "kind"),
}


def _row(rule: RuleInForce) -> RuleRow:
    page, parameter = _PAGES[rule.subject]
    query = f"?{urlencode({parameter: rule.code})}" if parameter and rule.code else ""
    of = dict(KINDS_OF_ACCOUNT).get(rule.code, rule.code) if parameter else "All payments"
    return RuleRow(rule.subject.label, of, reverse(page) + query, rule.version)


@require_http_methods(_METHODS)
@screen(*READ)
def rules_bounds(request: StaffRequest, currency: str) -> HttpResponse:
    """The bounds of a currency: what they were, and a form for others."""
    if currency != currency.upper() or not is_currency_code(currency):
        raise CurrencyNotFound(f"{currency[:10]!r} is no code of ISO 4217.")
    policy = policies_in_force().get(currency)
    form = SetsBounds(
        request.POST or None,
        currency=currency,
        initial=bounds_initial(policy),
        made_from=bounds_stamp(policy),
    )
    context = _page(request, f"Bounds of bills in {currency}", form) | {
        "tries_bills": True,
        "lead": "A bill beyond one of them is parked with the figure, until somebody looks and "
        "releases it. All are before tax.",
        "button": "Set the bounds",
        "entries": bounds_history(currency),
    }

    if "try" in request.POST and form.is_valid():
        tried = try_bounds(form.cleaned_data["bounds"], currency=currency)
        return render(request, "console/finance/rule.html", context | {"tried": tried})

    def change(said: dict[str, Any]) -> None:
        gates.set_policy(currency=currency, bounds=said["bounds"], **_by(request, form, said))

    return _changed(request, context, change, f"Bills in {currency} are kept within these bounds.")


@require_http_methods(_METHODS)
@screen(*READ)
def rules_numbers(request: StaffRequest, prefix: str) -> HttpResponse:
    """How a series is numbered, and from which year on otherwise."""
    series = next((each for each in series_shown(at=now()) if each.prefix == prefix), None)
    if series is None:
        raise SeriesNotFound(f"There is no series {prefix[:40]!r}.")
    entries = numbering_history(prefix)
    form = SetsNumbering(
        request.POST or None,
        initial={"yearly_from": series.yearly_from},
        made_from=str(len(entries)),
    )
    context = _page(request, f"Numbers {prefix}", form) | {
        "lead": f"The next number is {series.next_number}; the first of next year would be "
        f"{series.first_of_next_year}. A year in which a number was given stays as it is numbered.",
        "button": "Change the numbers",
        "entries": entries,
    }

    def change(said: dict[str, Any]) -> None:
        number_by_year(prefix=prefix, yearly_from=said["yearly_from"], **_by(request, form, said))

    return _changed(request, context, change, f"The numbers {prefix} are set.")


def _page(request: StaffRequest, title: str, form: Any) -> dict[str, Any]:
    return {"title": title, "form": form, "may_change": permitted(request.user, CHANGE)}


def _by(request: StaffRequest, form: Any, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": now(),
        "by": request.user.actor,
        "reason": said["reason"],
        "made_from": form.seen,
    }


def _changed(
    request: StaffRequest,
    context: dict[str, Any],
    change: Callable[[dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    """The page, or what became of its form."""
    if request.method == "POST" and not context["may_change"]:
        return refused(request, (CHANGE,))
    template = "console/finance/rule.html"
    return form_page(request, template, context, change, done=done, to="console:rules")
