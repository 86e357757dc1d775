import os
import subprocess
from pathlib import Path

import pytest

from config.embedded import preflight
from config.embedded.preflight import MARKER, CannotStart, claim_folder, end_leftovers, marker_of


def test_folder_is_private_and_claimed_once(tmp_path: Path) -> None:
    var = tmp_path / "var"

    claim = claim_folder(var)

    assert (var / "run").stat().st_mode & 0o777 == 0o700
    with pytest.raises(CannotStart, match=f"already running in {var}"):
        claim_folder(var)
    os.close(claim)
    os.close(claim_folder(var))


def test_run_folder_that_others_may_enter_is_shut(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)

    os.close(claim_folder(tmp_path))

    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_run_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(CannotStart, match="is not a folder that you own"):
        claim_folder(tmp_path)


def test_run_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.os, "getuid", lambda: 4711)

    with pytest.raises(CannotStart, match="is not a folder that you own"):
        claim_folder(tmp_path)


def test_leftovers_are_those_with_the_marker_and_no_others(tmp_path: Path) -> None:
    mine, other = (tmp_path / name for name in ("mine", "other"))
    mine.mkdir()
    other.mkdir()
    leftover, stranger = (
        subprocess.Popen(["sleep", "60"], env={**os.environ, MARKER: marker_of(folder)}) for folder in (mine, other)
    )

    ended = end_leftovers(marker_of(mine))

    assert ended == 1
    assert leftover.wait() == -9
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_copy_of_a_folder_is_another_deployment(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    before = marker_of(var)
    var.rename(tmp_path / "moved")
    var.mkdir()

    assert marker_of(var) != before
