"""Import a bank's file: every row is stored once, has a fate, and is booked only where certain.

A dry run carries the import out and undoes it, so what it says is what an import does. One row
that fails is set aside with its reason; the others go on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction as django_transaction

from billing.invoicing.documents.content import digest
from billing.receivables.bank.matching import Matcher
from billing.receivables.bank.reading import BankLine, ReadFile, read_file
from billing.receivables.models import BankFile, BankRow
from billing.receivables.operations.bank_rows import RowDecision, RowFate, booked
from billing.receivables.operations.settling import Recorded, lock_payer
from billing.receivables.queries.bank_rows import fates_of
from billing.receivables.queries.rule_versions import NumberedFormat, matching_rules
from core.actor import require_said
from core.db.locks import alone
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction, transaction_required
from core.errors import Invalid
from core.ids import new_id
from core.money import Money, sums_by_currency
from core.text_in import is_odd
from eventing.publish import publish


class BankAccountUnnamed(Invalid):
    """A file is of one account of ours, which has a name."""

    code = "bank_account_unnamed"
    title = "Say of which account of ours the file is"


@dataclass(frozen=True, slots=True)
class BankUpload:
    """A file as it came, of which account of ours it is, and how it is read."""

    content: bytes
    name: str
    bank_account: str
    form: NumberedFormat


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What an import did with one row, or would do."""

    row: BankRow
    fate: str
    why: str


@dataclass(frozen=True, slots=True)
class BankImport:
    """What an import did, or would do. `known` rows came with an earlier file."""

    file: BankFile
    rows: Sequence[ImportedRow] = ()
    known: int = 0
    is_same_file: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def digest(self) -> str:
        """SHA-256 of what it comes to, without the ids that every carrying out makes anew."""
        return digest(
            {
                "file": self.file.digest,
                "known": self.known,
                "rows": [[each.row.key, each.fate, each.why] for each in self.rows],
            }
        )

    def sums(self, fate: str) -> list[Money]:
        """What the rows of a fate come to, by currency."""
        amounts = (each.row.amount for each in self.rows if each.fate == fate)
        return sums_by_currency(amount for amount in amounts if amount is not None)


def import_file(*, upload: BankUpload, recorded: Recorded, seen: str | None = None) -> BankImport:
    """Take a file in. The same file again, or a row that came before, changes nothing.

    `seen` is the digest of the dry run that was looked at; None has looked at nothing.

    Raises: BankFileRefused, BankFileTooLarge, BalancesDisagree, BankAccountUnnamed, ReasonMissing;
    ChangedSince where it comes to something else than was seen. Then nothing is kept.
    """
    read = _read(upload, recorded)
    with transaction():
        done = _imported(upload, read, recorded)
        if seen is not None and seen != done.digest:
            raise ChangedSince(
                stamp=done.digest,
                differences=[FieldChange("the import", "what the dry run said", "something else")],
            )
    return done


def dry_run(*, upload: BankUpload, recorded: Recorded) -> BankImport:
    """What `import_file` would do, by doing and undoing it. Raises the same."""
    read = _read(upload, recorded)
    with django_transaction.atomic():
        done = _imported(upload, read, recorded)
        django_transaction.set_rollback(True)
    return done


def _read(upload: BankUpload, recorded: Recorded) -> ReadFile:
    require_said(recorded.reason, "Say why the file is imported.")
    name = upload.bank_account
    if not name.strip() or len(name) > 64 or is_odd(name):
        raise BankAccountUnnamed(field="bank_account")
    return read_file(upload.content, upload.form.form)


@transaction_required()
def _imported(upload: BankUpload, read: ReadFile, recorded: Recorded) -> BankImport:
    alone(f"bank-account/{upload.bank_account}")
    same = BankFile.objects.filter(bank_account=upload.bank_account, digest=read.digest).first()
    if same is not None:
        return BankImport(same, known=len(read.rows), is_same_file=True)
    keys = read.keys(upload.bank_account)
    known = set(BankRow.objects.filter(key__in=keys).values_list("key", flat=True))
    new = [(key, row) for key, row in zip(keys, read.rows, strict=True) if key not in known]
    file = _stored(upload, read, len(new), recorded)
    rows = BankRow.objects.bulk_create([_row(file, key, row) for key, row in new])
    _decide(rows, [row.problem for _, row in new], recorded)
    last = fates_of(rows)
    imported = [ImportedRow(row, last[row.pk].fate, last[row.pk].why) for row in rows]
    counts = Counter(each.fate for each in imported)
    publish(
        "bank_file.imported",
        subject=file.public_id,
        payload={
            "bank_account": file.bank_account,
            "rows": file.row_count,
            "fates": dict(counts),
        },
        at=recorded.at,
    )
    return BankImport(file, imported, len(keys) - len(new), counts=counts)


def _decide(rows: Sequence[BankRow], problems: Sequence[str], recorded: Recorded) -> None:
    """The fate of each new row, written down. The payers are locked before anything is read."""
    matcher = Matcher.over(rows, matching_rules(at=recorded.at), at=recorded.at)
    lock_payer(*matcher.payer_ids)
    matcher.read_open([row for row in rows if row.kind == BankRow.Kind.CREDIT])
    for row, problem in zip(rows, problems, strict=True):
        each = (
            RowDecision(RowFate.UNMATCHED, problem) if problem else booked(row, matcher, recorded)
        )
        each.write(row, recorded)


def _stored(upload: BankUpload, read: ReadFile, new: int, recorded: Recorded) -> BankFile:
    return BankFile.objects.create(
        bank_account=upload.bank_account,
        digest=read.digest,
        name=upload.name[:200],
        format_code=upload.form.code,
        format_number=upload.form.number,
        row_count=len(read.rows),
        new_count=new,
        opening_minor=read.opening.minor if read.opening else None,
        closing_minor=read.closing.minor if read.closing else None,
        imported_at=recorded.at,
        imported_by=recorded.by.name,
        reason=recorded.reason,
    )


def _row(file: BankFile, key: str, row: BankLine) -> BankRow:
    texts: dict[str, Any] = dict(row.texts)
    return BankRow(
        public_id=new_id("bnr"),
        file=file,
        line=row.line,
        key=key,
        kind=row.kind,
        booked_on=row.booked_on,
        currency=row.currency,
        amount_minor=row.amount_minor,
        raw=row.raw,
        **texts,
    )
