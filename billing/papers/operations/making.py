"""Make the files of papers: claimed by lease, each by itself, the same bytes every time.

What cannot be made does not stop the others: it is tried again later and then set aside with the
reason. What EN 16931 cannot state is withheld with the reason, and that is its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from billing.papers import storage
from billing.papers.content import PaperContent
from billing.papers.formats import FORMATS
from billing.papers.formats.einvoice import NotAnEInvoice
from billing.papers.models import Paper, PaperFile
from billing.papers.reading import WITH_SUBJECTS, content_of, contents
from core import leases
from core.actor import Actor, require_said
from core.db.transactions import transaction
from core.errors import Conflict
from core.isolating import made_or_wrong
from core.parking import why
from eventing.publish import publish

BATCH = 60
"""Files of ten papers, claimed together; their contents are read with one set of queries."""
LEASE = timedelta(seconds=90)


class PaperMadeDifferently(Conflict):
    """Making a file again came to other bytes than those it was given out with."""

    code = "paper_made_differently"
    title = "The file would not be the same"


class PaperNotMade(Conflict):
    """The file has not been made, so there is nothing to make again."""

    code = "paper_not_made"
    title = "The file has not been made"


def claim_files(*, at: datetime) -> list[PaperFile]:
    """Lease the files that are due, oldest first."""
    return leases.claim(PaperFile.objects.all(), limit=BATCH, at=at, lease_for=LEASE)


def make(files: Sequence[PaperFile], *, at: datetime) -> int:
    """Make claimed files; returns how many are settled, made or withheld."""
    papers = _papers(files)
    said = contents(list(papers.values()))
    return sum(_make(file, said[file.paper_id], at=at) for file in files)


def _make(file: PaperFile, said: PaperContent | Exception, *, at: datetime) -> bool:
    made = said if isinstance(said, Exception) else made_or_wrong(partial(bytes_of, file, said))
    if isinstance(made, NotAnEInvoice):
        _settle(file, at=at, withheld_because=made.message)
        return True
    if isinstance(made, Exception):
        leases.fail(file, error=why(made, file=file.public_id).sentence, at=at)
        return False
    form = FORMATS[file.format]
    path, sha256 = storage.keep(made, ending=form.ending)
    _settle(
        file,
        at=at,
        media_type=form.media_type,
        path=path,
        sha256=sha256,
        byte_count=len(made),
    )
    return True


def bytes_of(file: PaperFile, content: PaperContent) -> bytes:
    """The bytes of a file. Raises: NotAnEInvoice, CharacterWithoutGlyph, PaperNotSet."""
    return FORMATS[file.format].make(content, address_of(content.code))


def address_of(code: str) -> str:
    """Where the printed code leads: the same for ever, so it is a setting of its own."""
    return f"{settings.PAPERS_URL}/p/{code}"


def _settle(file: PaperFile, *, at: datetime, **values: str | int) -> None:
    """One statement, so a worker that was frozen past its lease changes nothing."""
    held = PaperFile.objects.filter(
        pk=file.pk, state=PaperFile.State.LEASED, token=file.token
    ).update(state=PaperFile.State.DONE, lease_until=None, done_at=at, last_error="", **values)
    if not held:
        raise leases.LeaseLost(f"{file} is no longer leased under token {file.token}.")


def make_again(file: PaperFile) -> PaperFile:
    """Put back the bytes of a made file that the storage lost; they are the same or refused.

    Raises: PaperNotMade, NoSeller, PaperMadeDifferently; then nothing is stored.
    """
    if not file.is_made:
        raise PaperNotMade(f"{file} has not been made.")
    made = bytes_of(file, content_of(_papers([file])[file.paper_id]))
    if storage.digest_of(made) != file.sha256:
        raise PaperMadeDifferently(
            f"{file} was given out with the digest {file.sha256}, and would have "
            f"{storage.digest_of(made)} now. It was not replaced.",
            file=file.public_id,
        )
    storage.keep(made, ending=FORMATS[file.format].ending)
    return file


def release_parked(*, at: datetime, by: Actor, reason: str) -> int:
    """Put every file that was set aside back to work; returns how many. Raises: ReasonMissing."""
    require_said(reason, "Say why it should work now.")
    with transaction():
        files = list(
            PaperFile.objects.select_for_update()
            .filter(state=PaperFile.State.PARKED)
            .order_by("pk")
        )
        for file in files:
            leases.release(file, at=at)
            publish(
                "paper.tried_again",
                subject=file.public_id,
                payload={"by": by.name, "reason": reason},
                at=at,
            )
    return len(files)


def _papers(files: Sequence[PaperFile]) -> dict[int, Paper]:
    rows = Paper.objects.filter(pk__in={file.paper_id for file in files})
    return rows.select_related(*WITH_SUBJECTS).in_bulk()
