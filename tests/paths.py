"""Where the repository is, and the files that tests read."""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[1]
DATA = BASE_DIR / "tests" / "data"
