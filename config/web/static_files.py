"""Static files in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Files under names that change with their content, also where one script imports another."""

    support_js_module_import_aggregation = True
