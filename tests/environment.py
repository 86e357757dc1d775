"""Pytest plugin that gives the tests an environment of their own, before the settings are imported.

Loaded by `-p tests.environment` in pyproject.toml: neither a developer's shell nor `.env` nor `var/` changes a test.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

from tests.paths import BASE_DIR

# The one variable that passes through: which database the suite runs on.
PASSED_THROUGH = {"DATABASE_URL"}
DOCUMENTED = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

for _name in DOCUMENTED - PASSED_THROUGH:
    os.environ.pop(_name, None)
# Short, because the path of Valkey's socket below it is limited to about 100 bytes.
VAR_DIR = tempfile.mkdtemp(prefix="events-")
Path(VAR_DIR, "static").mkdir()  # whitenoise warns without it, and a warning is an error here
atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
# Tests of the limits switch them on.
os.environ.update(DEPLOYMENT="embedded", VAR_DIR=VAR_DIR, ENV_FILE=os.devnull, RATE_LIMIT_ENABLED="false")
