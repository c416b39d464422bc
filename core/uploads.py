"""Files that forms send: read up to a limit, and never further into memory or onto a disk.

A file over the limit is read off and forgotten; the request says so to whoever asks.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

UPLOAD_BYTES_MAX: Final = 10_485_760
"""10 MB: a scan, a log, a month of pictures of screens."""

_TOO_LARGE: Final = "_fields_too_large"


class BoundedUpload(FileUploadHandler):
    """Stands first in line: lets pieces through until a file is too large, and then none."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to count."""
        super().new_file(*args, **kwargs)
        self._bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a piece on. Raises: SkipFile, once there are too many bytes."""
        self._bytes += len(raw_data)
        if self._bytes > UPLOAD_BYTES_MAX:
            assert self.request is not None  # given by Django before a file begins
            fields_too_large(self.request).add(self.field_name)
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Another handler has the file."""


def fields_too_large(request: object) -> set[str]:
    """The fields whose file was over the limit; none of such a file is kept."""
    if not hasattr(request, _TOO_LARGE):
        setattr(request, _TOO_LARGE, set())
    found: set[str] = getattr(request, _TOO_LARGE)
    return found
