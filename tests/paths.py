"""Name the paths of the repository and of files that tests read."""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[1]
DATA = BASE_DIR / "tests" / "data"
