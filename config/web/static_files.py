"""Static files: which are collected, and how those of production are named and compressed."""

from pathlib import Path
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Leaves out ReDoc, which drf-spectacular-sidecar brings and no page uses: 6 MB, a third of all files."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc"]


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Give files names that change with their content, including the names under which scripts import each other."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """Leave source maps as they are. Only developer tools load them, and they are larger than everything else."""
        return Compressor(**{**options, "extensions": [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]})


def source_files() -> dict[str, Path]:
    """Return every file that `collectstatic` collects: its name and its path."""
    return {
        name: Path(storage.path(name))
        for finder in get_finders()
        for name, storage in finder.list(StaticFiles.ignore_patterns)
    }
