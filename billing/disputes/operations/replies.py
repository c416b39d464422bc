"""Send a customer an answer that can be checked: content and PDF are frozen with their digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.disputes.models import CaseMessage, DisputeCase, ReplyPack
from billing.disputes.operations.evidence_files import SentFile
from billing.disputes.operations.messages import Said, lock_case, write
from billing.disputes.queries.cases import case_detail
from billing.disputes.queries.reply_content import letter_of, reply_content
from billing.papers.formats.letter import letter_as_pdf
from core.actor import Actor
from core.canonical_json import digest_of_plain
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction
from core.errors import Conflict


class NothingToReply(Conflict):
    """A case without lines has nothing to be answered."""

    code = "reply_without_lines"
    title = "There is nothing to answer"


def send_reply(*, case: DisputeCase, words: str, seen: str, at: datetime, by: Actor) -> ReplyPack:
    """Freeze what a case says now and send it; `seen` is the digest that was looked at.

    Raises: ChangedSince where it says something else by now, MessageUnreadable, NothingToReply,
    and what the setter of papers refuses; then nothing is sent.
    """
    with transaction():
        lock_case(case)
        content = _content(case, words, at=at)
        digest = digest_of_plain(content)
        without_words = digest_of_plain(content | {"words": ""})
        if seen != without_words:
            raise ChangedSince(
                stamp=without_words,
                differences=[FieldChange("figures or decisions", "what you saw", "something else")],
            )
        pdf = letter_as_pdf(letter_of(content, digest=digest), sent_at=at)
        said = Said(
            words,
            CaseMessage.Audience.CUSTOMER,
            by.name,
            file=SentFile(f"{case.number}.pdf", pdf),
        )
        message = write(case, said, at=at)
        return ReplyPack.objects.create(
            case=case,
            message=message,
            file=message.attachments.get().file,
            content=content,
            digest=digest,
            sent_at=at,
            sent_by=by.name,
        )


def reply_preview(case: DisputeCase, *, words: str, at: datetime) -> tuple[dict[str, Any], str]:
    """What a pack would say, and the digest of it without the words. Raises: NothingToReply."""
    content = _content(case, words, at=at)
    return content, digest_of_plain(content | {"words": ""})


def _content(case: DisputeCase, words: str, *, at: datetime) -> dict[str, Any]:
    detail = case_detail(case, at=at)
    if not detail.lines:
        raise NothingToReply(f"{case} has no line.")
    return reply_content(detail, words=words)
