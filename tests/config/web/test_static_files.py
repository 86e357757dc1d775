"""Test which static files are collected and compressed, and with which headers they are served."""

from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from config.web.middleware.static_files import VALIDATORS, StaticFilesMiddleware
from tools.stage.prepared import prepared_folder


def test_files_that_no_page_loads_are_neither_collected_nor_compressed() -> None:
    files = [path.relative_to(prepared_folder()) for path in (prepared_folder() / "static").rglob("*")]

    names = [str(path) for path in files]
    assert [name for name in names if "redoc" in name] == []
    assert [name for name in names if name.endswith((".map.gz", ".map.br"))] == []
    assert {path.suffix for path in files if path.name.startswith("swagger-ui-bundle")} >= {".js", ".map", ".gz", ".br"}


def test_only_a_file_that_may_change_under_its_name_has_validators(settings: Settings, rf: RequestFactory) -> None:
    settings.STATIC_ROOT = root = prepared_folder() / "static"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.web.static_files.ModuleStorage"}}
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    serve = StaticFilesMiddleware(lambda _request: HttpResponse(status=404))
    [hashed] = root.glob("css/base.*.css")

    kept, other = responses = [serve(rf.get(f"/static/{name}")) for name in (f"css/{hashed.name}", "staticfiles.json")]
    for each in responses:
        each.file_to_stream.close()

    assert (kept.status_code, other.status_code) == (200, 200)
    assert "immutable" in kept["Cache-Control"]
    assert (VALIDATORS & {*kept.headers}, VALIDATORS & {*other.headers}) == (set(), VALIDATORS)
