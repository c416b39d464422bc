"""Files that came with messages: kept under their digest, linked from where they were sent.

The bytes are in the storage of papers. Whoever may read a message may have its files.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.disputes.models.cases import CaseMessage
from core.db.fields import PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly
from core.sniffing import JPEG, PDF, PNG, TEXT

FILES_MOST = 50
"""As the trigger below has it."""
_NAMES = {PDF: "PDF", PNG: "picture, PNG", JPEG: "picture, JPEG", TEXT: "text"}

_FEW_FILES = """
    PERFORM FROM disputes_disputecase AS dispute
    JOIN disputes_casemessage AS message ON message.case_id = dispute.id
    WHERE message.id = NEW.message_id FOR NO KEY UPDATE OF dispute;
    IF (SELECT count(*) FROM disputes_attachment AS attached
        JOIN disputes_casemessage AS message ON message.id = attached.message_id
        WHERE message.case_id = (
            SELECT case_id FROM disputes_casemessage WHERE id = NEW.message_id)
    ) > 50 THEN
        RAISE EXCEPTION 'a dispute has up to 50 files'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'attachment_few_of_a_case';
    END IF;
    RETURN NULL;
"""


class EvidenceFile(AppendOnly):
    """Bytes that somebody sent, once each; `media_type` is what they are by themselves."""

    sha256 = models.CharField(max_length=64, unique=True)
    byte_count = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    kept_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="evidence_file_has_a_digest"
            ),
            models.CheckConstraint(condition=Q(byte_count__gt=0), name="evidence_file_has_bytes"),
        ]

    def __str__(self) -> str:
        return self.sha256


class Attachment(AppendOnly):
    """A file as it came with a message, under the name it had."""

    public_id = PublicIdField(prefix="dsa")
    message = models.ForeignKey(
        CaseMessage, on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["message", "file"], name="attachment_once_a_message"),
            models.CheckConstraint(condition=~Q(name=""), name="attachment_has_a_name"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="attachment_few_of_a_case",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=_FEW_FILES,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_known(self) -> bool:
        """Whether its bytes are one thing alone, of those that have a name here."""
        return self.file.media_type in _NAMES

    @property
    def kind_name(self) -> str:
        """What it is, in words."""
        return _NAMES.get(self.file.media_type, "unknown file, download only")
