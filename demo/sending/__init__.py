"""The platform's side of the wire: a plain HTTP client of the ingest API, and nothing of ours.

Owns batching, retry and the comparison of verdicts with what the platform expects. It knows the
API's documentation only; it imports none of the product.
"""
