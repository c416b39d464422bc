"""Licences in the console: offered, accepted by another person, looked at, amended by two."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.permissions import Role
from approvals.models import Proposal
from billing.licences.models import License, LicenseQuote, PoolCommitment
from console.templatetags.figures import held_in
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.licensed import licence_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words

QUOTE = {
    "number": "LIC-8",
    "name": "Dyno units",
    "starts_on": "2026-06-01",
    "until": "2027-06-01",
    "renewal_notice_on": "",
    "purchase_order": "",
    "product": "units",
    "unit": "dyno unit",
    "quantity": "4800",
    "window": "term",
    "rollover": "none",
    "fee_quantity": "400",
    "unit_price": "22",
    "overage_price": "27.5",
    "billed": "monthly",
    "holds_until": "2026-06-12",
    "reason": "Asked for in a call",
}


@pytest.fixture
def license(platform: Platform) -> License:
    return licence_of(platform)


@pytest.fixture
def sena(license: License) -> Browser:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.fixture
def farid(license: License) -> Browser:
    return client_of(person("farid", Role.FINANCE_APPROVER))


def test_the_page_says_five_figures_and_who_drew(license: License, sena: Browser) -> None:
    said = words(sena.get(f"/licences/{license.public_id}/").content)
    # Nine performance-m for 11 and a half of 31 days: 72 × 276 ÷ 744.
    for figure in ("Licensed 40", "Consumed, provisional 26.71", "Remaining 13.29"):
        assert figure in said
    assert "Runs out before its window ends" in said
    assert "Initech Web" in said
    assert "initech-web" in said


def test_renewing_is_worked_out_at_what_is_asked(license: License, sena: Browser) -> None:
    said = words(sena.get(f"/licences/{license.public_id}/?units=60").content)
    # 72 units at this pace; 60 × 22.00 and 12 × 27.50.
    assert "60 12 $1,650.00" in said
    odd = words(sena.get(f"/licences/{license.public_id}/?units=-1").content)
    assert "Type a number above 0." in odd


def test_a_quote_is_made_by_one_person_and_accepted_by_another(
    license: License, sena: Browser, farid: Browser
) -> None:
    new = f"/accounts/{license.account.public_id}/quote-licence/"
    made = sena.post(new, QUOTE)
    assert made.status_code == 302
    quote = LicenseQuote.objects.get(number="LIC-8")
    page = f"/licences/quotes/{quote.public_id}/"
    signed = {
        "accepted_by": "Mara Holt",
        "accepted_on": "2026-05-12",
        "reason": "Signed by mail",
        "digest": quote.digest,
    }
    assert sena.post(page, signed).status_code == 403
    assert farid.post(page, signed | {"digest": "0"}).status_code == 409
    assert farid.post(page, signed).status_code == 302
    assert License.objects.get(number="LIC-8").commitments.get().quantity == 4800


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"until": "2026-06-01"}, "must end after that"),
        ({"unit_price": "much"}, "unit_price"),
        ({"holds_until": "2026-05-01"}, "holds for some time"),
        ({"number": ""}, "required"),
    ],
)
def test_a_bad_quote_says_what_is_wrong(
    license: License, sena: Browser, wrong: dict[str, str], said: str
) -> None:
    new = f"/accounts/{license.account.public_id}/quote-licence/"
    answer = sena.post(new, QUOTE | wrong)
    assert answer.status_code in (409, 422)
    assert said in words(answer.content)
    assert not LicenseQuote.objects.filter(number="LIC-8").exists()


def test_an_amendment_is_seen_put_forward_and_approved(
    license: License, sena: Browser, farid: Browser
) -> None:
    commitment = license.commitments.get()
    wish = {
        "change": "quantity",
        "pool": commitment.public_id,
        "number": "60",
        "day": "2026-06-01",
        "reason_code": "agreed",
        "ticket": "",
        "reason": "They grow",
    }
    page = f"/licences/{license.public_id}/amend/"
    shown = sena.post(page, wish)
    assert "window from 2026-06-01: 40 → 60" in words(shown.content)
    seen = shown.context["seen"]
    assert sena.post(page, wish | {"seen": seen, "put_forward": "1"}).status_code == 302
    proposal = Proposal.objects.get(kind="license_amendment")
    assert "Dyno units" in words(farid.get(f"/proposals/{proposal.public_id}/").content)


def test_an_amendment_of_nothing_is_refused_in_words(license: License, sena: Browser) -> None:
    page = f"/licences/{license.public_id}/amend/"
    wish = {"change": "end", "day": "2030-01-01", "reason_code": "agreed", "reason": "Leaves"}
    answer = sena.post(page, wish)
    assert answer.status_code == 422
    assert "It ends within its term" in words(answer.content)
    assert client_of(person("sam", Role.SUPPORT)).get(page).status_code == 403


def test_a_licence_that_is_not_there_is_a_404(license: License, sena: Browser) -> None:
    for path in ("/licences/lic_no/", "/licences/quotes/qte_no/"):
        assert sena.get(path).status_code == 404


def test_a_pool_of_money_shows_amounts_of_its_currency() -> None:
    dollars = PoolCommitment(unit="", license=License(currency="USD"))
    assert "9,034.30" in held_in(Decimal("9034.3"), dollars)
    units = PoolCommitment(unit="dyno unit", license=License(currency="USD"))
    assert ">9,034.3<" in held_in(Decimal("9034.3"), units)
