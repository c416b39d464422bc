"""From drafts to rows: the text COPY takes, and the canonical content an invoice is sealed by."""
