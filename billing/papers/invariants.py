"""Papers agree with what was issued, and what is kept is what was made."""

from billing.papers import storage
from billing.papers.models import PaperFile
from core.invariants import SAMPLE_SIZE, InvariantResult, invariant, rows_breaking


@invariant("D1", "What was issued up to the mark of its series has a paper in every format.")
def issued_has_papers() -> InvariantResult:
    formats = len(PaperFile.Format)
    return rows_breaking(
        examined="SELECT count(*) FROM papers_paper",
        violating=f"""
        SELECT issued.number FROM (
            SELECT invoice.number, invoice.series_id, invoice.sequence, paper.id AS paper_id
            FROM invoicing_invoice AS invoice
            LEFT JOIN papers_paper AS paper ON paper.invoice_id = invoice.id
            WHERE invoice.state = 'issued'
            UNION ALL
            SELECT note.number, note.series_id, note.sequence, paper.id
            FROM invoicing_creditnote AS note
            LEFT JOIN papers_paper AS paper ON paper.credit_note_id = note.id) AS issued
        JOIN papers_plannedthrough AS mark ON mark.series_id = issued.series_id
            AND issued.sequence <= mark.sequence
        WHERE issued.paper_id IS NULL OR {formats} > (
            SELECT count(DISTINCT file.format) FROM papers_paperfile AS file
            WHERE file.paper_id = issued.paper_id)
        """,  # noqa: S608  a number of this module, no data
    )


@invariant("D2", "The stored bytes of a document have the digest it was given out with.")
def stored_bytes_are_unchanged() -> InvariantResult:
    made = PaperFile.objects.exclude(sha256="").order_by("pk")
    examined, broken = 0, []
    for public_id, path, sha256 in made.values_list("public_id", "path", "sha256").iterator():
        examined += 1
        if not storage.is_kept(path, sha256=sha256):
            broken.append(public_id)
    return InvariantResult(examined, len(broken), tuple(broken[:SAMPLE_SIZE]))
