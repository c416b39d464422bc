"""Give out the stored bytes of a paper, to people and machines alike."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from billing.papers import storage
from billing.papers.formats import FORMATS
from billing.papers.models import PaperFile
from billing.papers.operations.making import PaperNotMade
from billing.papers.queries.papers import number_of_paper
from core.actor import Actor

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """The bytes of a file, what they are, and what the file is called."""

    name: str
    media_type: str
    sha256: str
    content: bytes


def give(file: PaperFile, *, by: Actor) -> GivenFile:
    """The bytes as they were made, compared with their digest; who took them is logged.

    Raises: PaperNotMade, PaperLost.
    """
    if not file.is_made:
        raise PaperNotMade(
            file.withheld_because or f"{file.get_format_display()} of this paper is not made yet.",
            file=file.public_id,
        )
    content = storage.read(file.path, sha256=file.sha256)
    logger.info(
        "paper_given_out",
        extra={"file": file.public_id, "to": by.name, "sha256": file.sha256},
    )
    number = number_of_paper(file.paper)
    return GivenFile(
        name=f"{number}.{FORMATS[file.format].ending}",
        media_type=file.media_type,
        sha256=file.sha256,
        content=content,
    )
