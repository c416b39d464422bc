"""Files of disputes as they are looked up."""

from __future__ import annotations

from billing.disputes.models import Attachment, DisputeCase
from core.errors import NotFound


class AttachmentNotFound(NotFound):
    """There is no such file of the dispute, for whoever asks."""

    code = "dispute_file_not_found"
    title = "There is no such file"


def find_attachment(case: DisputeCase, public_id: str, *, told: bool = False) -> Attachment:
    """A file of a case; where it is `told`, only one that the customer may have.

    Raises: AttachmentNotFound.
    """
    rows = Attachment.objects.filter(message__case=case, public_id=public_id[:64])
    if told:
        rows = rows.filter(message__audience="customer")
    found = rows.select_related("file").first()
    if found is None:
        raise AttachmentNotFound(f"{case} has no file {public_id[:64]}.", wanted=public_id[:64])
    return found
