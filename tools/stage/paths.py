"""Name the folder of the repository."""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
