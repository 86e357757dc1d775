"""Check that static files were collected, and that none of them is missing or from an earlier version."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

from config.doctor.findings import Finding, failed, ok, skipped, warning
from config.web.static_files import source_files

ADVICE = "manage.py collectstatic --no-input, then restart web"


def static_finding() -> Finding:
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return skipped("served from where they are, because DEBUG is on")
    names, _hash = staticfiles_storage.load_manifest()
    root = Path(settings.STATIC_ROOT)
    if not names:
        return failed(f"not collected into {root}", ADVICE)
    if lost := sorted(name for name in names.values() if not (root / name).is_file()):
        return failed(f"{len(lost)} of {len(names)} are missing in {root}, such as {lost[0]}", ADVICE)
    sources = source_files()
    if new := sorted(sources.keys() - names.keys()):
        return failed(f"{len(new)} were added since they were collected, such as {new[0]}", ADVICE)
    collected_at = (root / "staticfiles.json").stat().st_mtime
    if changed := sorted(name for name, path in sources.items() if path.stat().st_mtime > collected_at):
        return warning(f"{len(changed)} may have changed since they were collected, such as {changed[0]}", ADVICE)
    return ok(f"all {len(names)} collected")
