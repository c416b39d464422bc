"""Bank files: the list, importing one after its dry run, its rows, and what becomes of those."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.invoicing.models import Invoice
from billing.receivables.models import BankRow, BankRowFate, Payment
from billing.receivables.operations import bank_files, bank_rows
from billing.receivables.operations.bank_files import BankImport, BankUpload
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.bank_files import (
    bank_file_page,
    fate_counts,
    fated,
    find_file,
    find_row,
    row_page,
)
from billing.receivables.queries.open_items import still_open
from billing.receivables.queries.payment_list import find_payment
from billing.receivables.queries.rule_versions import bank_format, bank_format_codes
from console.finance import sheets
from console.finance.forms import PayerField, SaysReason
from console.finance.money_steps import FinanceStep, money_step
from console.shell import formats
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.forms import ReasonField
from console.shell.query_params import choice, position_of
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError, Invalid

RECORD: Final = (Permission.PAYMENT_RECORD,)
BYTES_MAX: Final = 1_500_000
"""What a form carries from its dry run to the import; longer files are for the command."""
ROWS_SHOWN: Final = 200
_NEW: Final = "console/finance/bank_file_new.html"
_METHODS: Final = ["GET", "HEAD", "POST"]


@require_GET
@screen(*BILLING)
def bank_file_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Imported files, the newest first."""
    if kind:
        return sheets.BANK_FILES.of_pages(kind, bank_file_page)
    context = {
        "tab": "bank-files",
        "page": bank_file_page(position=position_of(request)),
    }
    return render(request, "console/finance/bank_files.html", context)


class UploadsFile(forms.Form):
    """A file, whose it is and how it is read; `content` carries it from the dry run on."""

    file = forms.FileField(label="CSV file", required=False)
    bank_account = forms.CharField(
        label="Of which account of ours",
        max_length=64,
        help_text="Always the same name, such as bank:house-bank: rows are told apart by it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    format = forms.ChoiceField(label="Format")
    reason = ReasonField()
    content = forms.CharField(required=False, widget=forms.HiddenInput())
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["format"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (code, code) for code in bank_format_codes(at=now())
        ]

    def clean(self) -> dict[str, Any]:
        """The bytes, as they came. Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        file = said.get("file")
        if file:
            if file.size > BYTES_MAX:
                self.add_error("file", "It is too large for a form. Cut it in two.")
                return said
            said["bytes"], said["name"] = file.read(), file.name
        else:
            try:
                said["bytes"] = b64decode(said.get("content") or "", validate=True)
            except ValueError:
                said["bytes"] = b""
        if not said["bytes"]:
            self.add_error("file", "Choose a file that is not empty.")
        return said

    def upload(self) -> BankUpload:
        """What was said, once the form is valid. Raises: BankFormatNotFound."""
        said = self.cleaned_data
        form = bank_format(said["format"], at=now())
        return BankUpload(said["bytes"], said["name"] or "file.csv", said["bank_account"], form)

    def carrying(self) -> UploadsFile:
        """The form that confirms: the same, and the file within it."""
        said = self.cleaned_data
        return UploadsFile(
            initial={
                "bank_account": said["bank_account"],
                "format": said["format"],
                "reason": said["reason"],
                "content": b64encode(said["bytes"]).decode(),
                "name": said["name"],
            }
        )


@require_http_methods(_METHODS)
@screen(*RECORD)
def bank_file_new(request: StaffRequest) -> HttpResponse:
    """Choose a file, see what its import does, import it."""
    form = UploadsFile(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, _NEW, {"form": form})
    recorded = Recorded(now(), request.user.actor, form.cleaned_data["reason"])
    seen = "" if form.cleaned_data.get("file") else request.POST.get("seen", "")
    try:
        upload = form.upload()
        if seen:
            done = bank_files.import_file(upload=upload, recorded=recorded, seen=seen)
            messages.success(request, _said(done))
            return redirect("console:bank-file", done.file.public_id)
        found = bank_files.dry_run(upload=upload, recorded=recorded)
    except ChangedSince:
        found = bank_files.dry_run(upload=upload, recorded=recorded)
        return _shown(request, form, found, is_changed=True)
    except DomainError as problem:
        context = {"form": form, "problem": problem}
        return render(request, _NEW, context, status=problem.status)
    return _shown(request, form, found)


def _shown(
    request: StaffRequest, form: UploadsFile, found: BankImport, *, is_changed: bool = False
) -> HttpResponse:
    context = import_shown(request, found) | {"form": form.carrying(), "is_changed": is_changed}
    return render(request, _NEW, context, status=409 if is_changed else 200)


def import_shown(request: StaffRequest, found: BankImport) -> dict[str, Any]:
    """What an import does, or would do, as `_import_rows.html` shows it."""
    return {
        "found": found,
        "rows": found.rows[:ROWS_SHOWN],
        "fates": _counted(found.counts),
        "shows_text": sees_personal_data(request.user),
    }


def _counted(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(each.value, each.label, counts.get(each.value, 0)) for each in BankRowFate.Fate]


def _said(done: BankImport) -> str:
    if done.is_same_file:
        return "This file was imported before; nothing changed."
    return f"{len(done.rows)} rows were imported, {done.known} were known already."


@require_GET
@screen(*BILLING)
def bank_file(request: StaffRequest, public_id: str) -> HttpResponse:
    """The rows of a file with their fates, and suggestions for those that wait."""
    file = find_file(public_id)
    fate = choice(request, "fate", BankRowFate.Fate.values)
    page = row_page(file, position=position_of(request), fate=fate, at=now())
    context = {
        "tab": "bank-files",
        "file": file,
        "fate": fate,
        "fates": _counted(fate_counts(file)),
        "page": page,
        "shows_text": sees_personal_data(request.user),
        "may_record": permitted(request.user, RECORD[0]),
    }
    return render(request, "console/finance/bank_file.html", context)


class SuggestionGone(Invalid):
    """What was suggested is not suggested any more."""

    code = "suggestion_gone"
    title = "This is not suggested any more"


@require_POST
@screen(*RECORD)
def bank_row_accept(request: StaffRequest, public_id: str) -> HttpResponse:
    """Accept one suggestion of a row, as it was seen."""
    row = find_row(public_id)
    (found,) = fated([row], at=now())
    wanted = request.POST.get("suggestion", "")
    chosen = next((each for each in found.suggestions if each.key == wanted), None)
    back = reverse("console:bank-file", args=[row.file.public_id])
    if chosen is None:
        raise SuggestionGone("Look at the row again; something changed.", again=back)
    fate = bank_rows.accept(
        row=row,
        payer=chosen.payer,
        invoices=list(chosen.amounts),
        seen=chosen.amounts if chosen.amounts else None,
        remembers="remembers" in request.POST,
        recorded=Recorded(now(), request.user.actor, f"Accepted a suggestion: {chosen.because}"),
    )
    messages.success(request, f"Line {row.line}: {formats.sentence_text(fate.why)}")
    return redirect(back)


class PutsRow(forms.Form):
    """Whose money a row is, and for which invoice."""

    payer = PayerField()
    number = forms.CharField(
        label="For which invoice",
        max_length=64,
        required=False,
        help_text="Its number in full. Empty: the payer’s oldest due.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    remembers = forms.BooleanField(
        label="From now on this payer reference means this account", required=False
    )
    reason = ReasonField()

    def clean(self) -> dict[str, Any]:
        """Raises: ValidationError."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        said["invoices"] = []
        payer, number = said.get("payer"), said.get("number")
        if payer and number:
            found = Invoice.objects.filter(payer=payer, number=number.upper()).first()
            if found is None:
                self.add_error("number", f"{payer} has no invoice of this number.")
            else:
                said["invoices"] = [found]
        return said


@require_http_methods(_METHODS)
@screen(*RECORD)
def bank_row_put(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say whose money a waiting row is."""
    row = find_row(public_id)

    def of(said: dict[str, Any]) -> list[Invoice]:
        payer: Account = said["payer"]
        return said["invoices"] or list(still_open().filter(payer=payer)[:50])

    step = FinanceStep(
        title=f"Whose is {row.amount or row}?",
        lead="It becomes a payment of the account, and settles the invoice or the oldest due.",
        button=lambda said: f"Book {row.amount} as paid by {said['payer']}",
        does=lambda said, recorded: bank_rows.accept(
            row=row,
            payer=said["payer"],
            invoices=said["invoices"],
            remembers=said["remembers"],
            recorded=recorded,
        ),
        of=of,
        done="The row is booked.",
        back=_file_of(row),
        crumbs=_crumbs(row),
    )
    return money_step(request, step, PutsRow(request.POST or None))


class TakesRowBack(forms.Form):
    """Which payment a row takes back."""

    payment = forms.CharField(
        label="Payment",
        max_length=64,
        help_text="Its id, as its page shows it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = ReasonField()

    def clean_payment(self) -> Payment:
        """Raises: ValidationError."""
        try:
            return find_payment(self.cleaned_data["payment"])
        except DomainError as missing:
            raise forms.ValidationError(missing.message) from None


@require_http_methods(_METHODS)
@screen(*RECORD)
def bank_row_take_back(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say which payment a waiting row takes back."""
    row = find_row(public_id)
    form = TakesRowBack(request.POST or None, initial={"payment": request.GET.get("payment", "")})
    step = FinanceStep(
        title=f"What does {row.amount or row} take back?",
        lead="What the payment settled is open again.",
        button=lambda said: f"Take back {said['payment']}",
        does=lambda said, recorded: bank_rows.accept_reversal(
            row=row, payment=said["payment"], recorded=recorded
        ),
        of=lambda said: [
            each.invoice for each in said["payment"].settlements.select_related("invoice")
        ],
        done="The payment is taken back.",
        back=_file_of(row),
        crumbs=_crumbs(row),
    )
    return money_step(request, step, form)


@require_http_methods(_METHODS)
@screen(*RECORD)
def bank_row_ignore(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say that a row has nothing to do with what customers owe."""
    row = find_row(public_id)
    form = SaysReason(request.POST or None)
    context: dict[str, Any] = {"form": form, "row": row}
    if request.method == "POST" and form.is_valid():
        recorded = Recorded(now(), request.user.actor, form.cleaned_data["reason"])
        bank_rows.ignore(row=row, recorded=recorded)
        messages.success(request, f"Line {row.line} is ignored.")
        return redirect(_file_of(row))
    return render(request, "console/finance/bank_row_ignore.html", context)


def _file_of(row: BankRow) -> str:
    return reverse("console:bank-file", args=[row.file.public_id])


def _crumbs(row: BankRow) -> list[tuple[str, str]]:
    return [("Bank files", reverse("console:bank-files")), (row.file.name, _file_of(row))]
