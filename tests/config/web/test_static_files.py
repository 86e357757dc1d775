"""Test which static files are collected and compressed."""

from tools.stage.prepared import prepared_folder


def test_files_that_no_page_loads_are_neither_collected_nor_compressed() -> None:
    files = [path.relative_to(prepared_folder()) for path in (prepared_folder() / "static").rglob("*")]

    names = [str(path) for path in files]
    assert [name for name in names if "redoc" in name] == []
    assert [name for name in names if name.endswith((".map.gz", ".map.br"))] == []
    assert {path.suffix for path in files if path.name.startswith("swagger-ui-bundle")} >= {".js", ".map", ".gz", ".br"}
