"""Static files: which are collected, and how those of production are named and compressed."""

from pathlib import Path
from typing import Any

import brotli
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Leaves out ReDoc, which drf-spectacular-sidecar brings and no page uses: 6 MB, a third of all files."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc"]


class PageCompressor(Compressor):
    """Compress our own files as well as Brotli can, and what others have made larger than any of them quickly.

    Swagger UI alone would take four times as long as all other files together.
    """

    QUICK_BYTES = 32_000

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=11 if len(data) < PageCompressor.QUICK_BYTES else 5)
        return compressed


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Give files names that change with their content, including the names under which scripts import each other."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """Leave source maps as they are. Only developer tools load them, and they are larger than everything else."""
        return PageCompressor(**{**options, "extensions": [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]})


def source_files() -> dict[str, Path]:
    """Return every file that `collectstatic` collects: its name and its path."""
    return {
        name: Path(storage.path(name))
        for finder in get_finders()
        for name, storage in finder.list(StaticFiles.ignore_patterns)
    }
