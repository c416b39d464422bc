"""Files that customers send: kept as bytes under their digest, once, and never changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.db.models import F, Model

from billing.disputes.models import Attachment, CaseMessage, EvidenceFile
from billing.disputes.models.evidence import FILES_MOST
from billing.disputes.operations import evidence_files
from billing.disputes.operations.evidence_files import (
    EvidenceEmpty,
    EvidenceTooLarge,
    EvidenceTooMuch,
    SentFile,
)
from billing.disputes.operations.messages import customer_said
from billing.papers import storage
from core.sniffing import PNG, UNKNOWN
from core.uploads import UPLOAD_BYTES_MAX
from tests.billing.disputes.claiming import Counter
from tests.core.test_sniffing import A_PDF, A_PNG, A_ZIP
from tests.people import SAM


@pytest.fixture
def counter(counter: Counter) -> Counter:
    """Acme contests its dyno."""
    counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    return counter


def sends(counter: Counter, name: str, content: bytes) -> Attachment:
    case = CaseMessage.objects.earliest("pk").case
    message = customer_said(
        case=case,
        body="See the file.",
        author="Ida",
        at=counter.story.at,
        by=SAM,
        file=SentFile(name, content),
    )
    return message.attachments.select_related("file").get()


def test_td18_a_file_is_what_its_bytes_are_whatever_it_is_called(counter: Counter) -> None:
    picture = sends(counter, "bill.pdf", A_PNG)
    both = sends(counter, "bill.pdf", A_PDF + A_ZIP)

    assert (picture.file.media_type, both.file.media_type) == (PNG, UNKNOWN)
    assert both.kind_name == "unknown file, download only"
    given = evidence_files.give_out(both, by=SAM)
    assert (given.content, given.media_type) == (A_PDF + A_ZIP, UNKNOWN)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../a", "a"),
        ("C:\\temp\\b.txt", "b.txt"),
        ("exe.\u202egnp", "exe.gnp"),
        ("a\x00b\n.png", "ab.png"),
        ("\u200f..", "file"),
        ("x" * 300, "x" * 120),
        ("Löschung am 21.10..pdf", "Löschung am 21.10..pdf"),
    ],
)
def test_td18_no_name_leads_anywhere(counter: Counter, name: str, kept: str) -> None:
    attachment = sends(counter, name, A_PNG)
    assert attachment.name == kept
    assert attachment.file.path.endswith(f"/{attachment.file.sha256}.bin")


def test_td19_the_same_file_is_stored_once_and_linked_twice(counter: Counter) -> None:
    one, two = sends(counter, "a.png", A_PNG), sends(counter, "b.png", A_PNG)
    assert one.file == two.file
    assert EvidenceFile.objects.count() == 1
    assert storage.is_kept(one.file.path, sha256=one.file.sha256)


@pytest.mark.parametrize(
    ("content", "refused"),
    [(b"", EvidenceEmpty), (b"x" * (UPLOAD_BYTES_MAX + 1), EvidenceTooLarge)],
)
def test_td19_nothing_is_kept_of_a_file_that_is_refused(
    counter: Counter, content: bytes, refused: type[Exception]
) -> None:
    messages = CaseMessage.objects.count()
    with pytest.raises(refused):
        sends(counter, "a.bin", content)
    assert (EvidenceFile.objects.count(), CaseMessage.objects.count()) == (0, messages)


def test_td19_an_archive_is_kept_as_it_is(counter: Counter) -> None:
    assert sends(counter, "logs.zip", A_ZIP).file.byte_count == len(A_ZIP)


def test_a_dispute_has_so_many_files_and_no_more(counter: Counter) -> None:
    for number in range(FILES_MOST):
        sends(counter, "a.txt", f"line {number}".encode())
    with pytest.raises(EvidenceTooMuch):
        sends(counter, "a.txt", b"one too many")


@pytest.mark.parametrize("model", [EvidenceFile, Attachment])
def test_what_was_sent_never_changes(counter: Counter, model: type[Model]) -> None:
    sends(counter, "a.png", A_PNG)
    with pytest.raises(IntegrityError):
        model._default_manager.update(id=F("id"))


def test_td19_a_lost_file_is_said_to_be_lost(counter: Counter) -> None:
    attachment = sends(counter, "a.png", A_PNG)
    storage._store().delete(attachment.file.path)
    with pytest.raises(storage.PaperLost):
        evidence_files.give_out(attachment, by=SAM)
