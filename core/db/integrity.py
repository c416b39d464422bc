"""A violated database constraint becomes the domain error that names the broken rule.

Which error stands for which constraint is said where the operation is; here is only the mapping.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from core.errors import DomainError


@contextmanager
def constraint_errors(errors: Mapping[str, type[DomainError]]) -> Iterator[None]:
    """Raise the mapped error for a violated constraint, by name; leave any other as it is.

    PostgreSQL names an inline unique constraint <table>_<column>_key.
    """
    try:
        yield
    except IntegrityError as violation:
        error = errors.get(constraint_of(violation))
        if error is None:
            raise
        raise error from violation


def constraint_of(violation: IntegrityError) -> str:
    """The name of the violated constraint, empty where PostgreSQL gives none."""
    diagnostics = getattr(violation.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
