"""Name the folder of the files that tests read."""

from tools.stage.paths import BASE_DIR

DATA = BASE_DIR / "tests" / "data"
