"""Give the tests an environment of their own before the settings are imported. This is a pytest plugin.

It is loaded by `-p tests.environment` in pyproject.toml, so neither a developer's shell nor `.env` nor `var/` changes
a test.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

from tools.stage.paths import BASE_DIR

# The only variable that is kept: the database on which the suite runs.
PASSED_THROUGH = {"DATABASE_URL"}
DOCUMENTED = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

for _name in DOCUMENTED - PASSED_THROUGH:
    os.environ.pop(_name, None)
# Short, because the path of Valkey's socket below it is limited to about 100 bytes.
VAR_DIR = tempfile.mkdtemp(prefix="events-")
Path(VAR_DIR, "static").mkdir()  # whitenoise warns if it is missing, and warnings are errors in the tests
atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
# Rate limits are off, except in the tests of them, and requests are not logged as slow, however busy the machine is.
os.environ.update(
    DEPLOYMENT="embedded",
    VAR_DIR=VAR_DIR,
    ENV_FILE=os.devnull,
    RATE_LIMIT_ENABLED="false",
    LOG_SLOW_REQUEST_SECONDS="3600",
)
