"""Which requests may contain files: none, except those of pages that ask for them before the body is read."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest

# What a form adds to its file: its other inputs, and the lines between them.
FORM_BYTES = 64 * 1024


class NoFiles(FileUploadHandler):
    """Ignore files, and refuse bodies that are larger than any form.

    Without it, each form would read files of any size, because DATA_UPLOAD_MAX_MEMORY_SIZE does not count them.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        if content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: `new_file` skips each file."""

    def file_complete(self, file_size: int) -> None:
        """Offer no file."""


def accepts_file(request: HttpRequest, *, max_bytes: int) -> bool:
    """Let the body of this request contain a file, unless the body is too long for a form with a file of this size.

    Nothing may have read the body before, so the view must be exempt from the check of the CSRF token, which is in the
    body, and check it after this. A body is never longer than its header says, so nothing else has to count its bytes.
    """
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0  # it is read as empty
    if length > max_bytes + FORM_BYTES:
        return False
    # A file of more than FILE_UPLOAD_MAX_MEMORY_SIZE goes to the disk.
    request.upload_handlers = [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    return True
