"""Static files in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Give files names that change with their content, including the names under which scripts import each other."""

    support_js_module_import_aggregation = True
