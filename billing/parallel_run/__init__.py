"""The parallel run: a foreign cloud bill turned into our own, and compared row by row.

`manage.py import_focus` calls `importing.import_focus`. The pure parts come first: `textfile` reads
lines, `csvfile` records, `readings` what spreadsheets made of them, `figures` numbers, `charges`
the columns of FOCUS, `reasons` proves why a row differs, `comparison` adds up. The rest uses the
doors everybody uses: usage is ingested as events, priced by a published plan, billed by a bill run.
What is compared is documented in docs/parallel-run.md.
"""
