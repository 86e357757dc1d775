"""Say what texts of events may contain and how long they may be.

This module imports neither models nor settings, because the process that reads calendar files has none.
"""

import re

MAX_HEADLINE_LENGTH = 200
MAX_LOCATION_LENGTH = 255
MAX_DESCRIPTION_LENGTH = 20_000
MAX_MESSAGE_LENGTH = 2_000
MAX_CALENDAR_NAME_LENGTH = 200
MAX_FILE_NAME_LENGTH = 255

# Control characters except tab and newline, and lone surrogates, which neither pages nor databases can represent.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
