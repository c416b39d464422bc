"""Take in files that come with messages, and give them out: whole, unread, under their digest.

What a file says of itself is looked at once (`core.sniffing`); its name is a label and leads to
nothing. The same bytes are one file, however often they are sent.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.disputes.models import Attachment, CaseMessage, EvidenceFile
from billing.papers import storage
from core.actor import Actor
from core.db.integrity import constraint_errors
from core.db.transactions import transaction_required
from core.errors import Conflict, Invalid, TooLarge
from core.sniffing import sniffed
from core.uploads import UPLOAD_BYTES_MAX

logger = logging.getLogger(__name__)

_PARTS: Final = re.compile(r"[/\\]")
_NAME_MOST: Final = 120


class EvidenceEmpty(Invalid):
    """A file has no bytes."""

    code = "evidence_empty"
    title = "The file is empty"


class EvidenceTooLarge(TooLarge):
    """A file is larger than what is kept."""

    code = "evidence_too_large"
    title = "The file is too large"


class EvidenceTooMuch(Conflict):
    """A dispute has as many files as it may have."""

    code = "evidence_too_many_files"
    title = "The dispute has too many files"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it came: the name its sender gave it, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class GivenEvidence:
    """The bytes of an attachment, to be kept by whoever asked and opened by no browser."""

    name: str
    media_type: str
    sha256: str
    content: bytes


def require_keepable(sent: SentFile) -> None:
    """Raises: EvidenceEmpty, EvidenceTooLarge."""
    if not sent.content:
        raise EvidenceEmpty(
            f"{plain_name(sent.name)} has no bytes; nothing was kept.", field="file"
        )
    if len(sent.content) > UPLOAD_BYTES_MAX:
        raise too_large()


def too_large() -> EvidenceTooLarge:
    """The refusal of a file over the limit, of which nothing is kept."""
    return EvidenceTooLarge(
        f"Up to {UPLOAD_BYTES_MAX // 1_048_576} MB are kept of a file; nothing was kept of this "
        "one. Send the part that matters.",
        field="file",
    )


@transaction_required()
def attach(message: CaseMessage, sent: SentFile, *, at: datetime) -> Attachment:
    """Keep a file and link it to a message of a locked case.

    The bytes are stored first: a row never names what is not there. Raises: EvidenceEmpty,
    EvidenceTooLarge, EvidenceTooMuch.
    """
    require_keepable(sent)
    path, sha256 = storage.keep(sent.content, ending="bin")
    EvidenceFile.objects.bulk_create(
        [
            EvidenceFile(
                sha256=sha256,
                byte_count=len(sent.content),
                media_type=sniffed(sent.content),
                path=path,
                kept_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    with constraint_errors({"attachment_few_of_a_case": EvidenceTooMuch}):
        return Attachment.objects.create(
            message=message,
            file=EvidenceFile.objects.get(sha256=sha256),
            name=plain_name(sent.name),
        )


def give_out(attachment: Attachment, *, by: Actor) -> GivenEvidence:
    """The bytes as they came, compared with their digest; who took them is logged.

    Raises: PaperLost.
    """
    file = attachment.file
    content = storage.read(file.path, sha256=file.sha256)
    logger.info(
        "evidence_given_out",
        extra={"file": attachment.public_id, "to": by.name, "sha256": file.sha256},
    )
    return GivenEvidence(attachment.name, file.media_type, file.sha256, content)


def plain_name(name: str) -> str:
    """The last part of a name, without marks that turn text around or that no screen shows."""
    last = _PARTS.split(unicodedata.normalize("NFC", name))[-1]
    shown = "".join(
        each
        for each in last
        if not unicodedata.category(each).startswith(("C", "Z")) or each == " "
    )
    return " ".join(shown.split()).strip(". ")[:_NAME_MOST] or "file"
