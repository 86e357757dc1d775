"""Serve static files."""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

VALIDATORS = {"Last-Modified", "ETag"}


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Serve static files, without validators if their names change with their content.

    Browsers keep those for ever and never ask whether they have changed, and a first visit loads some 30 of them.
    """

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        file = super().get_static_file(path, url, stat_cache)
        if self.immutable_file_test(path, url):
            file.alternatives = [
                (encoding, name, [(header, value) for header, value in headers if header not in VALIDATORS])
                for encoding, name, headers in file.alternatives
            ]
        return file
