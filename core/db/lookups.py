"""`field__one_of=values`: among many values, given as one array.

Django's own `in` makes a parameter of each value, which costs thousands of them dearly on both
sides. For values that need no quoting in an array, such as keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler

from core.db.arrays import array

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class OneOf(_Lookup):
    """No value finds nothing, and then nothing is asked."""

    lookup_name = "one_of"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        field, parameters = self.process_lhs(compiler, connection)
        return f"{field} = ANY(%s)", (*parameters, array(self.rhs))
