#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the management command named on the command line. If the settings are refused, say why in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["make_env"]:
        # It writes the settings, so it must not need any. Reading them would also create the secrets of the embedded
        # deployment.
        settings.configure(INSTALLED_APPS=["config"])
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as refusal:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The settings are refused: {refusal}")


if __name__ == "__main__":
    main()
